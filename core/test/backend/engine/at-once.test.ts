import { expect } from 'chai'
import type { AtOnceWrites } from '../../../src/backend/engine/log-engine.js'
import { openEngineLog } from '../../../src/backend/engine/engine-log.js'
import { Ledger } from '../../../src/backend/engine/ledger.js'
import type { PersistentLog } from '../../../src/contract/index.js'
import { ballot, HeldEngine, PATIENT, proposal, RECOVERY, stateOf, textOf } from './held-engine.js'

/** A held engine that also has a memory which outlives the process. */
class ReadyEngine extends HeldEngine {
  override readonly capabilities = { ...new HeldEngine().capabilities, syncWrites: 'process-crash' as const }
  /** False: every write would have to wait. */
  isReady = true
  /** What reading a stored proposal, to decide it, ends in. */
  unreadable: Error | undefined
  readonly calls: string[] = []
  override readonly atOnce: AtOnceWrites = {
    survives: 'process-crash',
    accept: (slot, of, value, proof) => this.#take(`accept ${slot}`, slot, { ballot: of, value, proof }),
    commit: (slot) => {
      if (this.unreadable) throw this.unreadable
      return this.#take(`commit ${slot}`, slot, undefined)
    },
    decide: (slot, of, value, proof) => this.#take(`decide ${slot}`, slot, { ballot: of, value, proof }),
    acceptAll: (proposals) => {
      if (!this.isReady) return false
      for (const { slot, ballot: of, value, proof } of proposals)
        this.entries.set(slot, { ballot: of, value, proof })
      this.calls.push(`accept all ${proposals.map(({ slot }) => slot).join()}`)
      return true
    },
    commitAllWithFlush: (slots) => {
      if (!this.isReady) return undefined
      this.calls.push(`commit all ${slots.join()}`)
      return this.write([], 'power-loss')
    },
  }

  #take(call: string, slot: number, entry: Parameters<typeof this.entries.set>[1] | undefined): boolean {
    if (!this.isReady) return false
    this.calls.push(call)
    if (entry) this.entries.set(slot, entry)
    return true
  }
}

async function openReady(): Promise<{ engine: ReadyEngine; log: PersistentLog }> {
  const engine = new ReadyEngine()
  return {
    engine,
    log: await openEngineLog({
      engine,
      firstSlot: 0,
      ledger: new Ledger(0),
      recovery: RECOVERY,
      context: PATIENT,
    }),
  }
}

const WEAK = { survives: 'process-crash' } as const

describe('a write at once', () => {
  it('is what an asynchronous call becomes that asks for no more', async () => {
    const { engine, log } = await openReady()
    await log.accept(proposal(0, 1), WEAK)
    await log.commit({ slot: 0, ballot: ballot(1) }, WEAK)
    await log.learn(proposal(1, 1), { survives: 'nothing' })
    expect(engine.calls).to.deep.equal(['accept 0', 'commit 0', 'decide 1'])
    expect(engine.held).to.deep.equal([])
    expect(log.bounds()).to.include({ committedCount: 2, contiguousTo: 2 })
    expect(log.metrics()).to.include({ accepts: 1, commits: 1, learns: 1 })
  })

  it('goes through the engine as every other write when it asks for more', async () => {
    const { engine, log } = await openReady()
    const accepted = log.accept(proposal(0, 1))
    expect(engine.held).to.have.length(1)
    await engine.succeedAll()
    await accepted
    expect(engine.calls).to.deep.equal([])
  })

  it('goes the long way while a write of its slot, or of the whole log, is under way', async () => {
    const { engine, log } = await openReady()
    const strong = log.accept(proposal(0, 1))
    const weak = log.accept(proposal(0, 2), WEAK)
    await log.accept(proposal(1, 1), WEAK)
    expect(engine.calls, 'another slot does not wait').to.deep.equal(['accept 1'])
    expect(() => log.syncWrites!.accept(proposal(0, 3))).to.throw(/PLOG_BUSY.*under way/)
    await engine.succeedAll()
    await Promise.all([strong, weak])

    const promised = log.promise(ballot(5))
    expect(() => log.syncWrites!.accept(proposal(2, 9))).to.throw(/PLOG_BUSY.*under way/)
    await engine.succeedAll()
    await promised
    log.syncWrites!.accept(proposal(2, 9))
    expect(engine.calls).to.deep.equal(['accept 1', 'accept 2'])
  })

  it('changes nothing where the engine would have to wait, and the long way is open', async () => {
    const { engine, log } = await openReady()
    engine.isReady = false
    expect(() => log.syncWrites!.accept(proposal(0, 1))).to.throw(/PLOG_BUSY.*making room/)
    expect(log.bounds()).to.include({ acceptedCount: 0 })
    const accepted = log.accept(proposal(0, 1), WEAK)
    expect(engine.held).to.have.length(1)
    await engine.succeed('process-crash')
    await accepted
    expect(() => log.syncWrites!.commit({ slot: 0, ballot: ballot(1) })).to.throw(/PLOG_BUSY/)
    expect(log.bounds()).to.include({ acceptedCount: 1, committedCount: 0 })
  })

  it('tells damage from having to wait', async () => {
    const { engine, log } = await openReady()
    log.syncWrites!.accept(proposal(0, 1))
    engine.isReady = false
    engine.entries.set(0, 'damaged')
    expect(() => log.syncWrites!.commit({ slot: 0, ballot: ballot(1) })).to.throw(/PLOG_CORRUPTED/)
    expect(log.bounds()).to.include({ damagedCount: 1, acceptedCount: 0 })
  })

  it('tells by a code of the log that a proposal cannot be read, decides nothing, and can be repeated', async () => {
    const { engine, log } = await openReady()
    await log.accept(proposal(0, 1), WEAK)
    engine.unreadable = new Error('EIO: i/o error, read')
    const id = { slot: 0, ballot: ballot(1) }
    expect(() => log.syncWrites!.commit(id)).to.throw(/PLOG_IO: read failed/)
    expect(await stateOf(log.commit(id, WEAK))).to.equal('PLOG_IO')
    expect(await stateOf(log.learn(proposal(0, 1), WEAK))).to.equal('PLOG_IO')
    expect(log.bounds()).to.include({ committedCount: 0 })
    engine.unreadable = undefined
    await log.commit(id, WEAK)
    expect(log.bounds()).to.include({ committedCount: 1 })
  })

  it('keeps the value under a proof that comes with the commit', async () => {
    const { engine, log } = await openReady()
    log.syncWrites!.accept(proposal(0, 1, 'kept'))
    log.syncWrites!.commit({ slot: 0, ballot: ballot(1), proof: Buffer.from('why') })
    expect(engine.calls).to.deep.equal(['accept 0', 'decide 0'])
    const read = log.syncReads!.read(0)
    expect([textOf(read), String(read?.proof)]).to.deep.equal(['kept', 'why'])
  })

  it('is refused by a poisoned and by a closed log', async () => {
    const { engine, log } = await openReady()
    const failing = log.accept(proposal(0, 1))
    const failed = stateOf(failing)
    await engine.fail(new Error('no disk'))
    expect(await failed).to.equal('PLOG_IO')
    expect(() => log.syncWrites!.accept(proposal(1, 1))).to.throw(/PLOG_POISONED/)
    await log.close().catch(() => undefined)
    expect(() => log.syncWrites!.commit({ slot: 1, ballot: ballot(1) })).to.throw(/PLOG_NOT_OPEN/)
  })

  it('is what a batch becomes whose engine takes it as one', async () => {
    const { engine, log } = await openReady()
    await log.acceptAll([proposal(0, 1), proposal(1, 1), proposal(3, 1)], WEAK)
    const ids = [0, 1, 3].map((slot) => ({ slot, ballot: ballot(1) }))
    const committed = log.commitAll(ids)
    expect(engine.calls).to.deep.equal(['accept all 0,1,3', 'commit all 0,1,3'])
    expect(log.bounds()).to.include({ acceptedCount: 3, committedCount: 0 })

    const repeated = log.commitAll(ids)
    const later = log.accept(proposal(4, 1), WEAK)
    expect(engine.held, 'everything is ordered behind a batch').to.have.length(3)
    await engine.succeed('process-crash')
    expect(await stateOf(later)).to.equal('pending')
    await engine.succeedAll()
    await Promise.all([committed, repeated, later])
    expect(log.bounds()).to.include({ acceptedCount: 1, committedCount: 3, contiguousTo: 2 })
    expect(log.metrics()).to.include({ accepts: 4, commits: 3 })
  })

  it('leaves a batch to the long way that has to be judged item by item', async () => {
    const { engine, log } = await openReady()
    await log.acceptAll([proposal(0, 1), proposal(1, 1)], WEAK)
    const again = log.acceptAll([proposal(1, 2), proposal(2, 2)], WEAK)
    const stale = log.commitAll([{ slot: 0, ballot: ballot(7) }])
    expect(engine.calls).to.deep.equal(['accept all 0,1'])
    expect(await stateOf(stale)).to.equal('PLOG_BALLOT_MISMATCH')
    await engine.succeedAll()
    await again
    engine.isReady = false
    const long = log.commitAll([{ slot: 0, ballot: ballot(1) }])
    await engine.succeedAll()
    await long
    expect(log.bounds()).to.include({ acceptedCount: 2, committedCount: 1 })
  })
})
