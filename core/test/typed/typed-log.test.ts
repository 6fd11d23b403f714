import { createHash } from 'node:crypto'
import { expect } from 'chai'
import type { PersistentLog } from '../../src/contract/index.js'
import { jsonCodec, typedLog, utf8Codec, type Codec, type TypedLog } from '../../src/layers/typed/index.js'
import { openMemory, type MemoryEngine } from '../support/memory-engine.js'
import { rejection } from '../support/rejections.js'
import { ballot, bytes, text } from '../support/values.js'

interface Command {
  readonly set: string
  readonly to: number
}

const codecs = {
  decision: jsonCodec<Command>(),
  state: jsonCodec<Record<string, number>>(),
  configuration: utf8Codec,
}
const command = (to: number): Command => ({ set: 'x', to })
const at = (slot: number, to = slot, round = 1) => ({ slot, ballot: ballot(round), value: command(to) })

describe('a typed log', () => {
  let log: PersistentLog
  let engine: MemoryEngine
  let typed: TypedLog<Command, Record<string, number>, string>
  beforeEach(async () => {
    ;({ log, engine } = await openMemory())
    typed = typedLog(log, codecs)
  })

  it('accepts, commits, learns and reads values', async () => {
    await typed.accept({ ...at(0), proof: bytes('why') })
    expect(await typed.readAccepted(0)).to.deep.equal({ ...at(0), proof: bytes('why') })
    await typed.commit({ slot: 0, ballot: ballot(1) })
    expect(await typed.readAccepted(0)).to.equal(undefined)
    expect((await typed.read(0))?.value).to.deep.equal(command(0))
    await typed.learn(at(1))
    expect((await typed.read(1))?.value).to.deep.equal(command(1))
    expect(await typed.read(2)).to.equal(undefined)
    expect(typed.syncReads?.read(1)?.value).to.deep.equal(command(1))
    expect(typed.syncReads?.read(2)).to.equal(undefined)
    await typed.accept(at(2))
    expect(typed.syncReads?.readAccepted(2)?.value).to.deep.equal(command(2))
  })

  it('writes batches and scans them', async () => {
    await typed.acceptAll([at(0), at(1), at(2)])
    await typed.commitAll([
      { slot: 0, ballot: ballot(1) },
      { slot: 1, ballot: ballot(1) },
    ])
    await typed.learnAll([at(4), at(5)])
    const decided: unknown[] = []
    for await (const { slot, value } of typed.decisions()) decided.push([slot, value.to])
    expect(decided).to.deep.equal([
      [0, 0],
      [1, 1],
      [4, 4],
      [5, 5],
    ])
    expect(
      (await typed.uncommitted().nextBatch())?.map(({ slot, status, value }) => [slot, status, value]),
    ).to.deep.equal([[2, 'accepted', command(2)]])
    await typed.discard({ from: 0 })
    expect(typed.bounds().acceptedCount).to.equal(0)
    const gaps: unknown[] = []
    for await (const gap of typed.gaps()) gaps.push(gap)
    expect(gaps).to.deep.equal([{ from: 2, to: 4 }])
  })

  it('stores the SHA-256 of a value before it', async () => {
    await typed.learn(at(0))
    const encoded = codecs.decision.encode(command(0))
    const stored = (await log.read(0))!.value
    expect(Buffer.from(stored.subarray(0, 32)).toString('hex')).to.equal(
      createHash('sha256').update(encoded).digest('hex'),
    )
    expect(text(stored.subarray(32))).to.equal('{"set":"x","to":0}')
  })

  it('hands the rest through to the log below', async () => {
    await typed.promise(ballot(3))
    expect(typed.promised()).to.deep.equal(ballot(3))
    expect([typed.backend, typed.status.state, typed.recovery]).to.deep.equal(['small', 'open', log.recovery])
    await typed.flush()
    expect((await typed.verify()).ok).to.equal(true)
    expect(typed.metrics().accepts).to.equal(0)
    await typed.learn(at(0))
    expect(await typed.compact({ before: 1, withoutCheckpoint: true })).to.deep.equal({
      compactedBefore: 1,
      removed: 1,
    })
    await typed.close()
    expect(log.status.state).to.equal('closed')
  })

  it('closes the log below at the end of its scope', async () => {
    await typed[Symbol.asyncDispose]()
    expect(log.status.state).to.equal('closed')
  })

  describe('finds a value that is not what was written', () => {
    const damage = (slot: number): void => {
      const entry = engine.entries.get(slot)!
      const value = Uint8Array.from(entry.value)
      value[value.length - 2]! ^= 1
      engine.entries.set(slot, { ...entry, value })
    }

    it('when it is read', async () => {
      await typed.learn(at(0))
      damage(0)
      const { context } = await rejection('PLOG_DIGEST_MISMATCH', () => typed.read(0))
      expect(context.slot).to.equal(0)
      await rejection('PLOG_DIGEST_MISMATCH', async () => typed.syncReads?.read(0))
    })

    it('when it is too short to hold a digest', async () => {
      await log.learn({ slot: 0, ballot: ballot(1), value: bytes('raw') })
      await rejection('PLOG_DIGEST_MISMATCH', () => typed.read(0))
    })

    it('when it is scanned, after what lies before it', async () => {
      await typed.learnAll([at(0), at(1), at(2)])
      damage(1)
      const scan = typed.decisions()
      expect((await scan.nextBatch())?.map(({ slot }) => slot)).to.deep.equal([0])
      await rejection('PLOG_DIGEST_MISMATCH', () => scan.nextBatch())
      await rejection('PLOG_DIGEST_MISMATCH', () => scan.nextBatch())
    })

    it('and leaves it out of a scan that skips damage', async () => {
      await typed.learnAll([at(0), at(1), at(2)])
      damage(0)
      const found: number[] = []
      for await (const { slot } of typed.decisions({}, { damaged: 'skip', batchLength: 1 })) found.push(slot)
      expect(found).to.deep.equal([1, 2])
    })
  })

  describe('knows the same value in another encoding', () => {
    // An older codec that did not sort its keys.
    const older: Codec<Command> = {
      encode: ({ set, to }) => bytes(JSON.stringify({ to, set })),
      decode: (encoded) => JSON.parse(text(encoded)) as Command,
    }
    let old: TypedLog<Command, Uint8Array, Uint8Array>
    beforeEach(() => void (old = typedLog(log, { decision: older })))

    it('on a retry of accept and of learn on a decided slot', async () => {
      await old.learn(at(0))
      const before = (await log.read(0))!.value
      await typed.accept(at(0, 0, 9))
      await typed.learn(at(0))
      expect((await log.read(0))!.value).to.deep.equal(before)
    })

    it('on a retry of accept with an equal ballot, before the first one is shown', async () => {
      const first = old.accept(at(0))
      const second = typed.accept(at(0))
      await Promise.all([first, second])
      expect((await typed.readAccepted(0))?.value).to.deep.equal(command(0))
    })

    it('on a learn that decides the accepted value', async () => {
      await old.accept(at(0))
      await typed.learn(at(0))
      expect((await typed.read(0))?.value).to.deep.equal(command(0))
    })

    it('in any place of a batch, which stays whole', async () => {
      await old.learnAll([at(0), at(2)])
      await typed.acceptAll([at(0, 0, 2), at(1, 1, 2), at(2, 2, 2)])
      expect(typed.bounds()).to.deep.include({ committedCount: 2, acceptedCount: 1 })
      await typed.learnAll([at(2), at(1), at(0)])
      expect(typed.bounds()).to.deep.include({ committedCount: 3, acceptedCount: 0 })
    })

    it('and refuses another value all the same', async () => {
      await old.learn(at(0))
      await rejection('PLOG_ALREADY_COMMITTED', () => typed.learn(at(0, 5)))
      await old.accept(at(1))
      await rejection('PLOG_BALLOT_REUSED', () => typed.accept(at(1, 5)))
      const { context } = await rejection('PLOG_ALREADY_COMMITTED', () => typed.acceptAll([at(2), at(0, 5)]))
      expect(context.index).to.equal(1)
      expect(await typed.readAccepted(2)).to.equal(undefined)
    })

    it('and takes bytes that did not come through it for another value', async () => {
      await log.learn({ slot: 0, ballot: ballot(1), value: bytes('raw') })
      await rejection('PLOG_ALREADY_COMMITTED', () => typed.learn(at(0)))
    })

    it('and passes the error of a codec on that cannot read what is stored', async () => {
      await old.learn(at(0))
      await old.configuration.store('members', { version: 1, value: bytes('abc') })
      const failure = new Error('schema 1 is gone')
      const decode = (): never => {
        throw failure
      }
      const newer = typedLog(log, {
        decision: { ...codecs.decision, decode },
        configuration: { ...utf8Codec, decode },
      })
      const outcome = (call: Promise<unknown>) => call.catch((error: unknown) => error)
      expect(await outcome(newer.learn(at(0)))).to.equal(failure)
      expect(await outcome(newer.read(0))).to.equal(failure)
      expect(await outcome(newer.decisions().nextBatch())).to.equal(failure)
      expect(await outcome(newer.configuration.store('members', { version: 1, value: 'x' }))).to.equal(
        failure,
      )
    })

    it('in a configuration record', async () => {
      const upper: Codec<string> = {
        encode: (value) => bytes(value.toUpperCase()),
        decode: (b) => text(b).toLowerCase(),
      }
      const before = typedLog(log, { ...codecs, configuration: upper })
      await before.configuration.store('members', { version: 1, value: 'abc' })
      await typedLog(log, {
        ...codecs,
        configuration: { ...utf8Codec, decode: (b) => text(b).toLowerCase() },
      }).configuration.store('members', { version: 1, value: 'abc' })
      await rejection('PLOG_STALE_VERSION', () =>
        before.configuration.store('members', { version: 1, value: 'abd' }),
      )
      await rejection('PLOG_STALE_VERSION', () =>
        before.configuration.store('members', { version: 0, value: 'abc' }),
      )
    })
  })

  it('keeps input that its caller changes after the call', async () => {
    const proof = bytes('proof')
    const item = { slot: 0, ballot: { round: 1, nodeId: 0 }, value: { set: 'x', to: 1 }, proof }
    const accepted = typed.accept(item)
    item.value.to = 9
    item.ballot.round = 9
    proof.fill(0)
    await accepted
    expect(await typed.readAccepted(0)).to.deep.equal({ ...at(0, 1), proof: bytes('proof') })
  })

  it("refuses input that is a programmer's mistake and writes nothing", async () => {
    const outcome = async (call: () => Promise<void>) => call().catch((error: unknown) => error)
    const loose = typed as unknown as Record<
      'accept' | 'acceptAll' | 'commit',
      (input: unknown) => Promise<void>
    >
    expect(await outcome(() => loose.accept(null))).to.be.instanceOf(TypeError)
    expect(await outcome(() => loose.accept({ slot: 0, value: command(1) }))).to.be.instanceOf(TypeError)
    expect(await outcome(() => loose.accept({ ...at(0), proof: 'x' }))).to.be.instanceOf(TypeError)
    expect(await outcome(() => loose.accept({ ...at(-1) }))).to.be.instanceOf(RangeError)
    expect(await outcome(() => loose.acceptAll(5))).to.be.instanceOf(TypeError)
    expect(await outcome(() => loose.acceptAll([null]))).to.be.instanceOf(TypeError)
    expect(await outcome(() => loose.commit(null))).to.be.instanceOf(TypeError)
    const broken = typedLog(log, {
      decision: { encode: () => 'text' as unknown as Uint8Array, decode: text },
    })
    const error = await outcome(() => broken.accept({ slot: 0, ballot: ballot(1), value: 'x' }))
    expect(error)
      .to.be.instanceOf(TypeError)
      .with.property('message')
      .that.includes('must encode to a Uint8Array')
    expect(typed.bounds().nextSlot).to.equal(0)
  })
})
