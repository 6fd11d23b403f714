import { expect } from 'chai'
import type { OpenSlotRange, PersistentLog, SlotRange } from '../../../src/contract/index.js'
import { openHeld, proposal, stateOf } from './held-engine.js'

describe('the arguments of a batch', () => {
  it('have no holes', async () => {
    const { engine, log } = await openHeld()
    const holes: never[] = []
    holes.length = 2
    expect(await stateOf(log.acceptAll(holes))).to.match(/^proposals\[0\] is undefined/)
    expect(await stateOf(log.commitAll(holes))).to.match(/^ids\[0\] is undefined/)
    expect(await stateOf(log.learnAll(holes))).to.match(/^decisions\[0\] is undefined/)
    expect(engine.held).to.deep.equal([])
  })
})

describe('the names in options and ranges', () => {
  const notKnown = async (call: (log: PersistentLog) => unknown): Promise<string> => {
    const { log } = await openHeld()
    const error: unknown = await Promise.resolve(call(log)).catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(TypeError)
    return (error as TypeError).message
  }
  const loose = <T>(value: object): T => value as T
  const firstOf = async (ranges: AsyncIterable<SlotRange>): Promise<SlotRange | undefined> => {
    for await (const range of ranges) return range
    return undefined
  }

  it('are told with the one that was meant, and with all that are known', async () => {
    expect(await notKnown((log) => log.compact(loose({ before: 8, retian: 3 })))).to.equal(
      'options.retian is not known here; did you mean retain?; ' +
        'options may hold before, retain, acrossGaps, withoutCheckpoint, signal',
    )
    expect(await notKnown((log) => log.acceptAll([], loose({ discardfrom: 4 })))).to.include('discardFrom?')
    expect(await notKnown((log) => log.discard(loose({ from: 8, until: 9 })))).to.equal(
      'range.until is not known here; range may hold from, to',
    )
    const slip = loose<OpenSlotRange>({ form: 1 })
    expect(await notKnown((log) => firstOf(log.gaps(slip)))).to.include('did you mean from?')
  })

  it('are those of the very call', async () => {
    const includeAccepted = loose<object>({ includeAccepted: true })
    const scans: readonly ((log: PersistentLog) => unknown)[] = [
      (log) => log.decisions(includeAccepted).nextBatch(),
      (log) => log.uncommitted({}, includeAccepted).nextBatch(),
      (log) => log.checkpoints.store(1, new Uint8Array(), loose({ discardFrom: 1 })),
      (log) => log.checkpoints.install(1, new Uint8Array(), loose({ acrossGaps: true })),
    ]
    for (const call of scans) expect(await notKnown(call)).to.include(' is not known here')
  })

  it("count as absent where they have no value, and are nobody's business on an object of a class", async () => {
    const { log } = await openHeld()
    class Term {
      readonly why = 'a new term'
      readonly from = 0
    }
    expect(
      await log.decisions(loose({ until: undefined }), loose({ limit: undefined })).nextBatch(),
    ).to.equal(undefined)
    expect(await log.decisions(new Term()).nextBatch()).to.equal(undefined)
  })
})

describe('a batch that discards', () => {
  it('names the decision that is in its way', async () => {
    const { engine, log } = await openHeld()
    const learned = log.learn(proposal(5, 1))
    await engine.succeedAll()
    await learned
    const error: unknown = await log
      .acceptAll([proposal(4, 2)], { discardFrom: 4 })
      .catch((thrown: unknown) => thrown)
    expect(String(error)).to.include(
      'slot 5 is decided and not in the batch; discardFrom 4 drops undecided slots only',
    )
  })
})

describe('the counters of a log', () => {
  it('count entries, not the discard that goes with them', async () => {
    const { engine, log } = await openHeld()
    const first = log.acceptAll([proposal(0, 1), proposal(1, 1)])
    const second = log.acceptAll([proposal(1, 2)], { discardFrom: 1 })
    await engine.succeedAll()
    await Promise.all([first, second])
    expect(log.metrics().accepts).to.equal(3)
  })
})
