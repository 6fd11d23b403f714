import { expect } from 'chai'
import type { PersistentLog } from '../../../src/contract/persistent-log.js'
import { MAX_SLOT } from '../../../src/contract/slot.js'
import { parseKey } from '../../../src/backend/ordered-store/key-layout.js'
import { initialiseOrderedStore } from '../../../src/backend/ordered-store/ordered-store-log.js'
import { ArrayStore } from '../../support/array-store.js'
import { rejection } from '../../support/rejections.js'
import { ballot, bytes, LOG_ID, openStore, text } from './open-store.js'

const kinds = (store: ArrayStore): string[] => store.pairs.map(({ key }) => parseKey(key).kind)

async function decide(log: PersistentLog, slot: number, value = `decided ${slot}`): Promise<void> {
  await log.learn({ slot, ballot: ballot(1), value: bytes(value) })
}

async function read(log: PersistentLog, slot: number): Promise<string | undefined> {
  return text((await log.read(slot))?.value)
}

/** Closes the log and opens what it left. */
async function reopen(log: PersistentLog, store: ArrayStore): Promise<PersistentLog> {
  await log.close()
  return openStore(store.crashed())
}

describe('a log over an ordered store, reopened', () => {
  it('still holds what was accepted, decided, promised, discarded and configured', async () => {
    const store = new ArrayStore()
    let log = await openStore(store)
    expect(log.recovery.created).to.equal(true)
    await log.promise(ballot(2))
    await log.accept({ slot: 0, ballot: ballot(3), value: bytes('a') })
    await log.commit({ slot: 0, ballot: ballot(3), proof: bytes('proof') })
    await log.acceptAll([1, 2, 3].map((slot) => ({ slot, ballot: ballot(3), value: bytes(`v${slot}`) })))
    await log.accept({ slot: 1, ballot: ballot(4), value: bytes('newer'), proof: bytes('') })
    await log.discard({ from: 2, to: 3 })
    await log.configuration.store('members', { version: 1, value: bytes('1,2') })
    await log.configuration.store('members', { version: 2, value: bytes('1,2,3') })
    const before = log.bounds()
    log = await reopen(log, store)
    expect(log.recovery).to.deep.include({
      created: false,
      decisions: 1,
      accepted: 2,
      votesLost: false,
      damaged: [],
    })
    expect(log.bounds()).to.deep.equal(before)
    expect(log.promised()).to.deep.equal(ballot(2))
    expect(await log.read(0)).to.deep.equal({
      slot: 0,
      ballot: ballot(3),
      value: bytes('a'),
      proof: bytes('proof'),
    })
    expect(await log.readAccepted(1)).to.deep.equal({
      slot: 1,
      ballot: ballot(4),
      value: bytes('newer'),
      proof: bytes(''),
    })
    expect(await log.readAccepted(2)).to.equal(undefined)
    expect(text((await log.readAccepted(3))?.value)).to.equal('v3')
    expect(await log.configuration.load('members')).to.deep.equal({ version: 2, value: bytes('1,2,3') })
    expect((await log.verify()).ok).to.equal(true)
    await log.close()
  })

  it('keeps slots in order past one byte, 32 bits and up to the largest', async () => {
    const slots = [0, 255, 256, 257, 2 ** 32 - 1, 2 ** 32, 2 ** 40, MAX_SLOT]
    const store = new ArrayStore()
    let log = await openStore(store)
    for (const slot of [...slots].reverse()) await decide(log, slot)
    log = await reopen(log, store)
    const seen: number[] = []
    for await (const { slot } of log.decisions()) seen.push(slot)
    expect(seen).to.deep.equal(slots)
    expect(log.bounds()).to.deep.include({ contiguousTo: 1, nextSlot: MAX_SLOT + 1, committedCount: 8 })
    await log.close()
  })

  it('starts at its first slot, and keeps it', async () => {
    const store = new ArrayStore()
    let log = await openStore(store, { firstSlot: 5 })
    log = await reopen(log, store)
    expect(log.bounds()).to.deep.include({ compactedBefore: 5, contiguousTo: 5, nextSlot: 5 })
    await log.close()
  })

  it('writes one batch for a group, and the meta record with it', async () => {
    const store = new ArrayStore()
    const log = await openStore(store)
    const before = store.writes.length
    await Promise.all([0, 1, 2, 3].map((slot) => decide(log, slot)))
    expect(store.writes.slice(before)).to.deep.equal([2])
    expect(kinds(store)).to.deep.equal(['meta', 'block'])
    expect(log.metrics()).to.deep.include({ flushes: 1, flushedWrites: 4 })
    await log.close()
  })

  it('writes nothing for a flush of nothing', async () => {
    const store = new ArrayStore()
    const log = await openStore(store)
    const before = store.writes.length
    await log.flush()
    expect(store.writes).to.have.length(before)
    await log.close()
  })

  it('finishes a compaction whose clean-up a crash cut off', async () => {
    const store = new ArrayStore()
    const log = await openStore(store)
    for (const slot of [0, 1, 2, 3]) await decide(log, slot)
    // The batch that moves the point succeeds, the one that deletes the records does not.
    store.failFrom = store.writes.length + 1
    await rejection('PLOG_IO', () => log.compact({ before: 3, withoutCheckpoint: true }))
    expect(log.status.state).to.equal('poisoned')
    expect(kinds(store).filter((kind) => kind === 'slot')).to.have.length(4)
    const crashed = store.crashed()
    const again = await openStore(crashed)
    expect(again.bounds()).to.deep.include({ compactedBefore: 3, contiguousTo: 4, committedCount: 1 })
    expect(again.bounds().compactedBallot).to.deep.equal(ballot(1))
    expect(crashed.pairs.map(({ key }) => parseKey(key))).to.deep.equal([
      { kind: 'meta' },
      { kind: 'slot', slot: 3 },
    ])
    await rejection('PLOG_COMPACTED', () => again.read(2))
    await again.close()
    await rejection('PLOG_POISONED', () => log.close())
  })

  it('knows where it continues after everything was compacted', async () => {
    const store = new ArrayStore()
    let log = await openStore(store)
    await Promise.all([0, 1, 2].map((slot) => decide(log, slot)))
    await log.compact({ before: 3, withoutCheckpoint: true })
    expect(kinds(store)).to.deep.equal(['meta'])
    log = await reopen(log, store)
    expect(log.bounds()).to.deep.include({ compactedBefore: 3, nextSlot: 3 })
    await decide(log, 3)
    expect(await read(log, 3)).to.equal('decided 3')
    await log.close()
  })

  it('is poisoned by the first write that the store refuses, and keeps what was before it', async () => {
    const store = new ArrayStore()
    const log = await openStore(store)
    await decide(log, 0)
    store.failFrom = store.writes.length
    const error = await rejection('PLOG_IO', () => decide(log, 1))
    expect(error.cause).to.be.instanceOf(Error).with.property('message', 'no space left')
    await rejection('PLOG_POISONED', () => decide(log, 2))
    expect(await read(log, 0)).to.equal('decided 0')
    expect((await log.verify()).ok).to.equal(true)
    await rejection('PLOG_POISONED', () => log.close())
    expect(store.isClosed).to.equal(true)
    const again = await openStore(store.crashed())
    expect(again.bounds().committedCount).to.equal(1)
    await again.close()
  })

  it('opens a long log in pages of bounded length and size', async () => {
    const store = new ArrayStore()
    const log = await openStore(store)
    const decisions = Array.from({ length: 20_000 }, (_, slot) => ({
      slot,
      ballot: ballot(1),
      value: bytes('x'),
      // Each has a record of its own.
      proof: bytes(''),
    }))
    await log.learnAll(decisions)
    const big = new Uint8Array(1024 * 1024)
    for (let slot = 20_000; slot < 20_020; slot++) await log.learn({ slot, ballot: ballot(1), value: big })
    await log.close()
    const copy = store.crashed()
    const again = await openStore(copy)
    expect(again.bounds()).to.deep.include({ contiguousTo: 20_020 })
    expect(copy.longestPage).to.equal(1_000)
    await again.close()
  })

  it('takes an empty store for a lost one unless it was just created', async () => {
    await rejection('PLOG_CORRUPTED', () => openStore(new ArrayStore(), {}, { created: false }))
    const log = await openStore(new ArrayStore(), { recovery: 'salvage' }, { created: false })
    expect(log.recovery.votesLost).to.equal(true)
    await log.close()
  })

  it('opens a store that was initialised and never used', async () => {
    const store = new ArrayStore()
    await initialiseOrderedStore(store, { logId: LOG_ID, firstSlot: 1 })
    const log = await openStore(store, {}, { created: false })
    expect(log.bounds().nextSlot).to.equal(1)
    await log.close()
  })

  it('refuses a store of another log', async () => {
    const store = new ArrayStore()
    await (await openStore(store)).close()
    const foreign = store.crashed()
    await rejection('PLOG_CORRUPTED', () => openStore(foreign, {}, { logId: new Uint8Array(16) }))
    expect(foreign.isClosed).to.equal(true)
  })

  it('refuses a store whose values are too small for a checkpoint', async () => {
    const store = new ArrayStore()
    store.maxValueBytes = 1_000
    const error = await rejection('PLOG_UNSUPPORTED', () => openStore(store))
    expect(error.context).to.deep.include({ value: 1_000, limit: 131_072 })
  })

  it('offers no larger values than fit twice into a record', async () => {
    const store = new ArrayStore()
    store.maxValueBytes = 1024 * 1024
    const log = await openStore(store)
    const { valueBytes } = log.capabilities.limits
    const whole = new Uint8Array(valueBytes)
    await log.learn({ slot: 0, ballot: ballot(1), value: whole, proof: whole })
    expect(Math.max(...store.pairs.map(({ value }) => value.byteLength))).to.be.at.most(store.maxValueBytes)
    await rejection('PLOG_TOO_LARGE', () => decide(log, 1, 'x'.repeat(valueBytes + 1)))
    await log.close()
  })

  it('releases store and backend when the configuration asks for too much', async () => {
    const store = new ArrayStore()
    let released = false
    const onClose = async () => void (released = true)
    await rejection('PLOG_UNSUPPORTED', () =>
      openStore(store, { durability: { accept: 'machine-loss' } }, { onClose }),
    )
    expect([store.isClosed, released]).to.deep.equal([true, true])
  })

  it('finds nothing wrong by verifying beside writers', async () => {
    const log = await openStore(new ArrayStore())
    await log.learnAll(
      Array.from({ length: 5_000 }, (_, slot) => ({ slot, ballot: ballot(1), value: bytes('x') })),
    )
    let isDone = false
    const write = async (): Promise<void> => {
      for (let round = 1; !isDone; round++) {
        const slots = Array.from({ length: 50 }, (_, at) => 5_000 + at)
        await log.acceptAll(slots.map((slot) => ({ slot, ballot: ballot(round), value: bytes(`${round}`) })))
        await log.discard({ from: 5_010 })
        await log.compact({ before: Math.min(round, 5_000), withoutCheckpoint: true })
      }
    }
    const writing = write()
    for (let time = 0; time < 10; time++) expect((await log.verify()).damaged).to.deep.equal([])
    isDone = true
    await writing
    await log.close()
  })

  it('gives up a verification when its signal says so', async () => {
    const log = await openStore(new ArrayStore())
    await decide(log, 0)
    const reason = new Error('enough')
    const control = new AbortController()
    const verifying = log.verify({ signal: control.signal }).catch((error: unknown) => error)
    control.abort(reason)
    expect(await verifying).to.equal(reason)
    await log.close()
  })

  it('lends the value without a copy where the store does', async () => {
    const log = await openStore(new ArrayStore())
    await decide(log, 0)
    expect(log.capabilities.borrowedReads).to.equal(true)
    expect(log.borrowedReads?.read(0, (value) => text(value))).to.equal('decided 0')
    await log.close()
  })
})
