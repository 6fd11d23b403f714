import { expect } from 'chai'
import { blockKey, parseKey, slotKey } from '../../../src/backend/ordered-store/key-layout.js'
import type { StorePair } from '../../../src/backend/ordered-store/ordered-store.js'
import type { OpenContext } from '../../../src/contract/backend.js'
import type { PersistentLog } from '../../../src/contract/persistent-log.js'
import { ArrayStore } from '../../support/array-store.js'
import { rejection } from '../../support/rejections.js'
import { ballot, bytes, openStore, text } from './open-store.js'

const decision = (slot: number, value = `value ${slot}`) => ({ slot, ballot: ballot(1), value: bytes(value) })

/** The decisions with `from <= slot < to`. */
const decisions = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => decision(from + index))

/** What holds slots, by its keys: `first` or `first+slots`. */
function held({ pairs }: ArrayStore): string[] {
  return pairs.flatMap(({ key }) => {
    const parsed = parseKey(key)
    if (parsed.kind === 'block') return [`${parsed.slot}+${parsed.slots}`]
    return parsed.kind === 'slot' ? [`${parsed.slot}`] : []
  })
}

async function expectHeld(log: PersistentLog, from: number, to: number): Promise<void> {
  for (let slot = from; slot < to; slot++) {
    const found = await log.read(slot)
    expect(found?.ballot, `slot ${slot}`).to.deep.equal(ballot(1))
    expect(text(found?.value), `slot ${slot}`).to.equal(`value ${slot}`)
    expect(log.borrowedReads?.read(slot, text), `slot ${slot}, borrowed`).to.equal(`value ${slot}`)
  }
  const scanned: string[] = []
  for await (const { value } of log.decisions({ from, to })) scanned.push(text(value)!)
  expect(scanned).to.deep.equal(decisions(from, to).map(({ value }) => text(value)))
}

/** Flips a bit of what lies under a key: in the last byte, unless told otherwise. */
function rot(store: ArrayStore, key: Uint8Array, at?: number): void {
  store.pairs = store.pairs.map((pair) => {
    if (Buffer.compare(pair.key, key) !== 0) return pair
    const value = pair.value.slice()
    value[at ?? value.length - 1]! ^= 1
    return { key, value }
  })
}

/** In a record: the slot that it names, in the last byte. */
const SLOT_AT = 14

const open = (store: ArrayStore, context: Partial<OpenContext> = {}): Promise<PersistentLog> =>
  openStore(store, context, { created: false })

/** A store with these decisions in one batch. */
async function learned(from: number, to: number): Promise<ArrayStore> {
  const store = new ArrayStore()
  const log = await openStore(store)
  await log.learnAll(decisions(from, to))
  await log.close()
  return store.crashed()
}

const sorted = (pairs: StorePair[]): ArrayStore =>
  new ArrayStore(pairs.sort((a, b) => Buffer.compare(a.key, b.key)))

describe('decisions that come together in an ordered store', () => {
  it('share a record, 32 of them at most, and are read one by one', async () => {
    const store = new ArrayStore()
    const log = await openStore(store)
    await log.learnAll(decisions(3, 100))
    expect(held(store)).to.deep.equal(['3+32', '35+32', '67+32', '99'])
    await expectHeld(log, 3, 100)
    expect((await log.verify()).ok).to.equal(true)
    await log.close()
    const again = await open(store.crashed())
    expect(again.recovery).to.deep.include({ decisions: 97, damaged: [] })
    expect(again.bounds()).to.deep.include({ contiguousTo: 0, nextSlot: 100, committedCount: 97 })
    await expectHeld(again, 3, 100)
    const report = await again.verify()
    expect(report).to.deep.include({ ok: true, slots: 97 })
    await again.close()
  })

  it('share it too when they came by calls of their own', async () => {
    const store = new ArrayStore()
    const log = await openStore(store)
    await Promise.all(decisions(0, 5).map((one) => log.learn(one)))
    expect(held(store)).to.deep.equal(['0+5'])
    await expectHeld(log, 0, 5)
    await log.close()
  })

  it('fill no record beyond 2,000 bytes', async () => {
    const store = new ArrayStore()
    const log = await openStore(store)
    await log.learnAll(decisions(0, 6).map(({ slot }) => decision(slot, 'x'.repeat(650))))
    await log.learn(decision(6, 'y'.repeat(5_000)))
    await log.learnAll([decision(7, ''), decision(8, '')])
    expect(held(store)).to.deep.equal(['0+3', '3+3', '6', '7+2'])
    for (const { key, value } of store.pairs)
      if (parseKey(key).kind === 'block') expect(value.length).to.be.at.most(2_000)
    expect((await log.read(4))?.value.length).to.equal(650)
    expect((await log.read(6))?.value.length).to.equal(5_000)
    expect((await log.read(8))?.value.length).to.equal(0)
    await log.close()
  })

  it('have records of their own where ballots differ, a proof comes with them, a slot is missing or was accepted', async () => {
    const store = new ArrayStore()
    const log = await openStore(store)
    await log.accept({ ...decision(6), ballot: ballot(7) })
    await log.learnAll([
      ...decisions(0, 2),
      { ...decision(2), ballot: ballot(2) },
      { ...decision(3), ballot: ballot(2) },
      { ...decision(4), ballot: ballot(2), proof: bytes('proof') },
      decision(5),
      decision(6),
      decision(7),
      ...decisions(9, 11),
    ])
    expect(held(store)).to.deep.equal(['0+2', '2+2', '4', '5', '6', '7', '9+2'])
    const seen = async (of: PersistentLog) => {
      const found: unknown[] = []
      for await (const { slot, ballot: by, value, proof } of of.decisions())
        found.push([slot, by.round, text(value), text(proof)])
      return found
    }
    const expected = [0, 1, 2, 3, 4, 5, 6, 7, 9, 10].map((slot) => [
      slot,
      [2, 3, 4].includes(slot) ? 2 : 1,
      `value ${slot}`,
      slot === 4 ? 'proof' : undefined,
    ])
    expect(await seen(log)).to.deep.equal(expected)
    await log.close()
    const again = await open(store.crashed())
    expect(await seen(again)).to.deep.equal(expected)
    await again.close()
  })

  it('are answered as they are decided: the same again is a no-op, another value a conflict', async () => {
    const store = new ArrayStore()
    const log = await openStore(store)
    await log.learnAll(decisions(0, 4))
    const before = held(store)
    await log.learn(decision(2))
    await log.learnAll(decisions(1, 3))
    expect(held(store)).to.deep.equal(before)
    await rejection('PLOG_ALREADY_COMMITTED', () => log.learn(decision(2, 'another')))
    await log.close()
  })

  it('are lent as a copy that is the reader’s to spoil, and stay as they are while they are lent', async () => {
    const log = await openStore(new ArrayStore())
    await log.learnAll([...decisions(0, 4), decision(4, 'a longer value')])
    const reads = log.borrowedReads ?? expect.fail('no borrowed reads')
    for (let again = 0; again < 3; again++) {
      expect(reads.read(1, text)).to.equal('value 1')
      reads.read(1, (view) => view.fill(0))
    }
    const seen = reads.read(1, (view) => {
      const nested = [reads.read(2, text), reads.read(4, text), reads.read(1, text)]
      return [text(view), ...nested]
    })
    expect(seen).to.deep.equal(['value 1', 'value 2', 'a longer value', 'value 1'])
    await log.close()
  })
})

describe('a compaction of blocks', () => {
  it('leaves the one that reaches above the point, until the point has passed it', async () => {
    const store = new ArrayStore()
    let log = await openStore(store)
    for (const from of [0, 4, 8]) await log.learnAll(decisions(from, from + 4))
    await log.compact({ before: 6, withoutCheckpoint: true })
    expect(held(store)).to.deep.equal(['4+4', '8+4'])
    await rejection('PLOG_COMPACTED', () => log.read(5))
    await expectHeld(log, 6, 12)
    expect(await log.verify()).to.deep.include({ ok: true, slots: 6 })
    await log.close()
    log = await open(store.crashed())
    expect(log.bounds()).to.deep.include({ compactedBefore: 6, contiguousTo: 12, committedCount: 6 })
    await expectHeld(log, 6, 12)
    await log.close()
    const copy = store.crashed()
    log = await open(copy)
    await log.compact({ before: 8, withoutCheckpoint: true })
    expect(held(copy)).to.deep.equal(['8+4'])
    await log.compact({ before: 12, withoutCheckpoint: true })
    expect(held(copy)).to.deep.equal([])
    await log.close()
  })

  it('is finished by the next open where a crash cut its clean-up off', async () => {
    const store = new ArrayStore()
    const log = await openStore(store)
    for (const from of [0, 4, 8]) await log.learnAll(decisions(from, from + 4))
    store.failFrom = store.writes.length + 1
    await rejection('PLOG_IO', () => log.compact({ before: 10, withoutCheckpoint: true }))
    const crashed = store.crashed()
    expect(held(crashed)).to.deep.equal(['0+4', '4+4', '8+4'])
    // What is below the point may be rotten, and still goes.
    for (const first of [0, 4]) rot(crashed, blockKey(first, 4), SLOT_AT)
    const again = await open(crashed)
    expect(held(crashed)).to.deep.equal(['8+4'])
    await expectHeld(again, 10, 12)
    await again.close()
    await rejection('PLOG_POISONED', () => log.close())
  })

  it('deletes the record of a slot that was repaired, and the block around it', async () => {
    const store = await learned(0, 4)
    const log = await open(store)
    rot(store, blockKey(0, 4))
    await rejection('PLOG_CORRUPTED', () => log.read(1))
    await log.learn(decision(1))
    expect(held(store)).to.deep.equal(['0+4', '1'])
    await log.compact({ before: 4, withoutCheckpoint: true })
    expect(held(store)).to.deep.equal([])
    await log.close()
  })
})

describe('a block that goes bad', () => {
  it('is located slot for slot, put away by a salvage, and repaired by learning', async () => {
    for (const [from, to] of [
      [0, 4],
      // Above a gap nobody knows by the end of the contiguous part what is missing.
      [2, 6],
    ] as const) {
      const store = await learned(from, to)
      rot(store, blockKey(from, to - from))
      const error = await rejection('PLOG_CORRUPTED', () => open(store.crashed()))
      expect(error.context.slots).to.deep.equal({ from, to })
      let log = await open(store, { recovery: 'salvage' })
      expect(log.recovery.damaged.map(({ slots }) => slots)).to.deep.equal([{ from, to }])
      expect(log.bounds()).to.deep.include({ damagedCount: 4, committedCount: 0 })
      expect(log.status.votesLost).to.equal(false)
      expect(held(store)).to.deep.equal([])
      await log.learn(decision(from + 1))
      await log.learnAll([decision(from), decision(from + 2), decision(from + 3)])
      await expectHeld(log, from, to)
      await log.close()
      log = await open(store.crashed())
      expect(log.recovery.damaged).to.deep.equal([])
      await expectHeld(log, from, to)
      await log.close()
    }
  })

  it('while the log is open is noticed by the first read, and repaired slot by slot', async () => {
    const store = await learned(0, 4)
    const log = await open(store)
    rot(store, blockKey(0, 4))
    for (const slot of [0, 1, 2]) await rejection('PLOG_CORRUPTED', () => log.read(slot))
    await log.learn(decision(1))
    await log.learnAll([decision(0), decision(2)])
    await expectHeld(log, 0, 3)
    await rejection('PLOG_CORRUPTED', () => log.read(3))
    // Dead in between: what is left of the block is still told of, and nothing else.
    const error = await rejection('PLOG_CORRUPTED', () => open(store.crashed()))
    expect(error.context.slots).to.deep.equal({ from: 3, to: 4 })
    await log.learn(decision(3))
    expect(held(store)).to.deep.equal(['0', '1', '2', '3'])
    await log.close()
    const again = await open(store.crashed())
    await expectHeld(again, 0, 4)
    await again.close()
  })

  it('is noticed by a verification although it was read before, and by every read after that', async () => {
    const store = await learned(0, 4)
    const log = await open(store)
    await expectHeld(log, 0, 4)
    rot(store, blockKey(0, 4))
    const report = await log.verify()
    expect(report.damaged.map(({ slots }) => slots)).to.deep.equal([{ from: 0, to: 4 }])
    for (const slot of [0, 3]) await rejection('PLOG_CORRUPTED', () => log.read(slot))
    await log.close()
  })

  it('and is whole again beside a repair changes nothing', async () => {
    const store = await learned(0, 4)
    const whole = store.crashed()
    let log = await open(store)
    rot(store, blockKey(0, 4))
    for (const slot of [0, 2]) {
      await rejection('PLOG_CORRUPTED', () => log.read(slot))
      await log.learn(decision(slot))
    }
    await log.close()
    const block = whole.pairs.find(({ key }) => parseKey(key).kind === 'block')!
    const healed = sorted([...store.pairs.filter(({ key }) => parseKey(key).kind !== 'block'), block])
    log = await open(healed)
    expect(log.bounds()).to.deep.include({ contiguousTo: 4, committedCount: 4 })
    await expectHeld(log, 0, 4)
    expect(await log.verify()).to.deep.include({ ok: true, slots: 4 })
    await log.compact({ before: 4, withoutCheckpoint: true })
    expect(held(healed)).to.deep.equal([])
    await log.close()
  })

  it('is not what repairs a slot whose own record is unreadable', async () => {
    const store = new ArrayStore()
    let log = await openStore(store)
    for (const slot of [0, 1, 2]) await log.learn(decision(slot))
    await log.close()
    for (const slot of [0, 1]) rot(store, slotKey(slot))
    log = await open(store.crashed(), { recovery: 'salvage' })
    await log.close()
    const salvaged = store.crashed()
    log = await open(salvaged, { recovery: 'salvage' })
    await log.learnAll(decisions(0, 2))
    expect(held(salvaged)).to.deep.equal(['0', '1', '2'])
    await log.close()
    log = await open(salvaged.crashed())
    await expectHeld(log, 0, 3)
    await log.close()
  })

  it('or is missing is noticed', async () => {
    const store = await learned(0, 4)
    const missing = sorted(store.pairs.filter(({ key }) => parseKey(key).kind !== 'block'))
    const error = await rejection('PLOG_CORRUPTED', () => open(missing))
    expect(error.context.slots).to.deep.equal({ from: 0, to: 4 })
  })
})

describe('a block that lies where it does not belong', () => {
  it('goes where its slots are in another', async () => {
    const store = await learned(0, 8)
    const [block] = store.pairs.filter(({ key }) => parseKey(key).kind === 'block')
    for (const key of [blockKey(2, 4), blockKey(100, 8), Uint8Array.of(0x77)]) {
      const damaged = sorted([...store.crashed().pairs, { key, value: block!.value }])
      await rejection('PLOG_CORRUPTED', () => open(damaged.crashed()))
      const log = await open(damaged, { recovery: 'salvage' })
      await expectHeld(log, 0, 8)
      expect(log.bounds()).to.deep.include({ nextSlot: 8, damagedCount: 0 })
      await log.close()
      expect(held(damaged)).to.deep.equal(['0+8'])
      await (await open(damaged.crashed())).close()
    }
  })

  it('goes where it is whole, and another block has its slots', async () => {
    const stale = (await learned(2, 6)).pairs.filter(({ key }) => parseKey(key).kind === 'block')
    const damaged = sorted([...(await learned(0, 8)).pairs, ...stale])
    await rejection('PLOG_CORRUPTED', () => open(damaged.crashed()))
    const log = await open(damaged, { recovery: 'salvage' })
    await expectHeld(log, 0, 8)
    await log.close()
    expect(held(damaged)).to.deep.equal(['0+8'])
  })

  it('is put back where nothing else holds its slots, and loses nothing', async () => {
    const store = await learned(0, 8)
    const block = store.pairs.find(({ key }) => parseKey(key).kind === 'block')!
    const others = store.pairs.filter((pair) => pair !== block)
    for (const key of [blockKey(0, 9), blockKey(2 ** 40, 8), slotKey(3), Uint8Array.of(0x77)]) {
      const moved = sorted([...others, { key, value: block.value }])
      await rejection('PLOG_CORRUPTED', () => open(moved.crashed()))
      const log = await open(moved, { recovery: 'salvage' })
      await expectHeld(log, 0, 8)
      expect(log.bounds()).to.deep.include({ nextSlot: 8, damagedCount: 0 })
      await log.close()
      expect(held(moved)).to.deep.equal(['0+8'])
      await (await open(moved.crashed())).close()
    }
  })

  it('goes where it is behind the end of the log', async () => {
    const long = await learned(0, 8)
    const short = new ArrayStore()
    const log = await openStore(short)
    await log.promise(ballot(1))
    await log.learn(decision(0))
    await log.learn(decision(1))
    await log.close()
    const stale = long.pairs.filter(({ key }) => parseKey(key).kind === 'block')
    const damaged = sorted([...short.crashed().pairs, ...stale])
    await rejection('PLOG_CORRUPTED', () => open(damaged.crashed()))
    const salvaged = await open(damaged, { recovery: 'salvage' })
    await expectHeld(salvaged, 0, 2)
    await salvaged.close()
    expect(held(damaged)).to.deep.equal(['0', '1'])
    const again = await open(damaged.crashed())
    expect(again.bounds().nextSlot).to.equal(2)
    await again.close()
  })

  it('does not let a proposal of before come back beside it', async () => {
    const store = new ArrayStore()
    const log = await openStore(store)
    await log.accept(decision(1, 'proposal 1'))
    await log.accept(decision(0, 'proposal 0'))
    const old = store.crashed().pairs.filter(({ key }) => parseKey(key).kind === 'slot')
    await log.discard({ from: 0 })
    await log.learnAll(decisions(0, 3))
    expect(held(store)).to.deep.equal(['0+3'])
    await log.close()
    for (const slot of [0, 1]) {
      const stale = old.filter(({ key }) => Buffer.compare(key, slotKey(slot)) === 0)
      const damaged = sorted([...store.crashed().pairs, ...stale])
      await rejection('PLOG_CORRUPTED', () => open(damaged.crashed()))
      const salvaged = await open(damaged, { recovery: 'salvage' })
      await expectHeld(salvaged, 0, 3)
      expect(salvaged.bounds()).to.deep.include({ acceptedCount: 0, damagedCount: 0 })
      expect(salvaged.status.votesLost).to.equal(false)
      await salvaged.close()
      expect(held(damaged)).to.deep.equal(['0+3'])
      await (await open(damaged.crashed())).close()
    }
  })
})
