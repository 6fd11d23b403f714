import { expect } from 'chai'
import { parseKey } from '../../../src/backend/ordered-store/key-layout.js'
import type { StorePair } from '../../../src/backend/ordered-store/ordered-store.js'
import type { PersistentLog } from '../../../src/contract/persistent-log.js'
import type { SlotRange } from '../../../src/contract/slot.js'
import { ArrayStore } from '../../support/array-store.js'
import { rejection } from '../../support/rejections.js'
import { ballot, bytes, openStore, text } from './open-store.js'
import { ACCEPTED, DECIDED, expectNothingWrong, orDamaged, writtenStore } from './written-store.js'

const slotsOf = (log: PersistentLog): (SlotRange | undefined)[] =>
  log.recovery.damaged.map(({ slots }) => slots)

const isBlob = ({ key }: StorePair): boolean => parseKey(key).kind === 'blob'

/** The damaged slots of a log, one by one. */
async function damagedSlots(log: PersistentLog): Promise<number[]> {
  const damaged: number[] = []
  for (let slot = log.bounds().compactedBefore; slot < log.bounds().nextSlot; slot++) {
    if ((await orDamaged(() => log.read(slot))) === 'damaged') damaged.push(slot)
  }
  return damaged
}

/** A damaged store is refused by a strict open; a salvaging one says nothing wrong, and the next says the same. */
async function expectNoticed(store: ArrayStore): Promise<void> {
  await rejection('PLOG_CORRUPTED', () => openStore(store.crashed(), {}, { created: false }))
  const copy = store.crashed()
  const log = await openStore(copy, { recovery: 'salvage' }, { created: false })
  expect(log.recovery.damaged).to.not.be.empty
  await expectNothingWrong(log)
  const damaged = await damagedSlots(log)
  const { votesLost } = log.status
  await log.close()
  const again = await openStore(copy.crashed(), { recovery: 'salvage' })
  expect(await damagedSlots(again)).to.deep.equal(damaged)
  expect(again.status.votesLost).to.equal(votesLost)
  await expectNothingWrong(again)
  await again.close()
}

describe('a damaged ordered store', function () {
  // Some open a log for every byte: that takes long on a machine that does something else too.
  this.timeout(60_000)

  let store: ArrayStore
  let earlier: ArrayStore
  /** The same log in blocks. */
  let packed: ArrayStore
  before(async () => {
    ;({ store, earlier } = await writtenStore(false))
    ;({ store: packed } = await writtenStore(true))
    expect(packed.pairs.map(({ key }) => parseKey(key))).to.deep.include({ kind: 'block', slot: 0, slots: 5 })
  })

  const pairOf = (from: ArrayStore, kind: string, slot?: number): StorePair => {
    const found = from.pairs.find(({ key }) => {
      const parsed = parseKey(key)
      return parsed.kind === kind && (slot === undefined || ('slot' in parsed && parsed.slot === slot))
    })
    return found ?? expect.fail(`no ${kind}`)
  }

  /** A store without some pairs and with others in their place. */
  const changed = (
    without: readonly StorePair[],
    instead: readonly StorePair[] = [],
    from = store,
  ): ArrayStore => {
    const keys = new Set([...without, ...instead].map(({ key }) => Buffer.from(key).toString('hex')))
    const kept = from.pairs.filter(({ key }) => !keys.has(Buffer.from(key).toString('hex')))
    return new ArrayStore([...kept, ...instead].sort((a, b) => Buffer.compare(a.key, b.key)))
  }

  it('is noticed at every flipped byte of every record that open reads', async () => {
    for (const from of [store, packed]) {
      for (const pair of from.pairs.filter((one) => !isBlob(one))) {
        for (let at = 0; at < pair.value.byteLength; at++) {
          const value = pair.value.slice()
          value[at]! ^= 0x10
          await expectNoticed(changed([], [{ key: pair.key, value }], from))
        }
      }
    }
  })

  it('is noticed when any record that open reads is missing', async () => {
    for (const from of [store, packed]) {
      for (const pair of from.pairs.filter((one) => !isBlob(one)))
        await expectNoticed(changed([pair], [], from))
    }
  })

  it('is noticed when any two slots are missing', async () => {
    for (const from of [store, packed]) {
      const slots = from.pairs.filter(({ key }) => ['slot', 'block'].includes(parseKey(key).kind))
      for (const one of slots) for (const other of slots) await expectNoticed(changed([one, other], [], from))
    }
  })

  it('is noticed when any record is an older version of itself', async () => {
    let olderVersions = 0
    for (const old of earlier.pairs) {
      const now = store.pairs.find(({ key }) => Buffer.compare(key, old.key) === 0)
      if (!now || Buffer.compare(now.value, old.value) === 0) continue
      olderVersions++
      await expectNoticed(changed([], [old]))
    }
    expect(olderVersions).to.equal(5)
  })

  it('is noticed when the key of a record went bad', async () => {
    for (const slot of [...DECIDED, ...ACCEPTED]) {
      const { key, value } = pairOf(store, 'slot', slot)
      for (let bit = 0; bit < key.byteLength * 8; bit++) {
        const bad = key.slice()
        bad[bit >> 3]! ^= 1 << (bit & 7)
        if (store.pairs.some((pair) => Buffer.compare(pair.key, bad) === 0)) continue
        await expectNoticed(changed([{ key, value }], [{ key: bad, value }]))
      }
    }
    const { key, value } = pairOf(packed, 'block')
    for (let bit = 0; bit < key.byteLength * 8; bit++) {
      const bad = key.slice()
      bad[bit >> 3]! ^= 1 << (bit & 7)
      await expectNoticed(changed([{ key, value }], [{ key: bad, value }], packed))
    }
  })

  it('names the slot of a flipped byte, and no other', async () => {
    for (const slot of [3, 7, 9]) {
      const { key, value } = pairOf(store, 'slot', slot)
      const bad = value.slice()
      bad[bad.byteLength - 1]! ^= 1
      const error = await rejection('PLOG_CORRUPTED', () => openStore(changed([], [{ key, value: bad }])))
      expect(error.context.slots).to.deep.equal({ from: slot, to: slot + 1 })
      const log = await openStore(changed([], [{ key, value: bad }]), { recovery: 'salvage' })
      expect(slotsOf(log)).to.deep.equal([{ from: slot, to: slot + 1 }])
      expect(await damagedSlots(log)).to.deep.equal([slot])
      const lent: number[] = []
      const scan = () => log.borrowedReads?.scan({}, (at) => void lent.push(at))
      expect(await orDamaged(() => Promise.resolve().then(scan))).to.equal('damaged')
      expect(lent, 'what precedes the damage').to.deep.equal(DECIDED.filter((at) => at < slot))
      expect(log.borrowedReads?.scan({ from: slot + 1 }, () => undefined)).to.equal(10)
      expect(log.status.votesLost).to.equal(false)
      await log.close()
    }
  })

  it('has lost votes when the damaged slot was an accepted one', async () => {
    const { key, value } = pairOf(store, 'slot', 5)
    const bad = value.slice()
    bad[50 % bad.byteLength]! ^= 1
    const log = await openStore(changed([], [{ key, value: bad }]), { recovery: 'salvage' })
    expect(await damagedSlots(log)).to.deep.equal([5])
    expect(log.recovery.votesLost).to.equal(true)
    await rejection('PLOG_VOTES_LOST', () => log.promise(ballot(9)))
    await log.close()
  })

  it('takes every empty slot for a damaged one when nobody can tell which record is missing', async () => {
    const log = await openStore(changed([pairOf(store, 'slot', 7)]), { recovery: 'salvage' })
    expect(await damagedSlots(log)).to.deep.equal([6, 7])
    expect(log.status.votesLost).to.equal(false)
    await log.close()
  })

  it('is repaired by learning what was lost', async () => {
    const copy = changed([pairOf(store, 'slot', 3)])
    let log = await openStore(copy, { recovery: 'salvage' })
    expect(await damagedSlots(log)).to.deep.equal([3])
    await rejection('PLOG_CORRUPTED', () => log.accept({ slot: 3, ballot: ballot(9), value: bytes('x') }))
    await log.learn({ slot: 3, ballot: ballot(1), value: bytes('d3') })
    await log.close()
    log = await openStore(copy.crashed())
    expect(log.recovery.damaged).to.be.empty
    expect(text((await log.read(3))?.value)).to.equal('d3')
    expect(log.bounds().contiguousTo).to.equal(5)
    await log.close()
  })

  it('is repaired by compacting what was lost', async () => {
    const copy = changed([pairOf(store, 'slot', 3)])
    const log = await openStore(copy, { recovery: 'salvage' })
    await log.checkpoints.install(5, bytes('state'))
    await log.close()
    const again = await openStore(copy.crashed())
    expect(again.bounds()).to.deep.include({ compactedBefore: 5, damagedCount: 0 })
    expect((await again.verify()).ok).to.equal(true)
    await again.close()
  })

  it('still says what was lost when the note of it is lost too', async () => {
    const copy = changed([pairOf(store, 'slot', 3)])
    await (await openStore(copy, { recovery: 'salvage' })).close()
    copy.pairs = copy.pairs.filter(({ key }) => parseKey(key).kind !== 'damage')
    await expectNoticed(copy)
  })

  it('keeps lost votes until the user takes the loss on himself', async () => {
    const copy = changed([pairOf(store, 'slot', 5)])
    let log = await openStore(copy, { recovery: 'salvage', acceptLostVotes: true })
    expect(log.status.votesLost).to.equal(false)
    await log.promise(ballot(9))
    await log.close()
    log = await openStore(copy.crashed(), { recovery: 'salvage' })
    expect(log.status.votesLost).to.equal(false)
    expect(await damagedSlots(log)).to.deep.equal([5, 6])
    await log.close()
  })

  it('vouches for no vote and no proposal over what was found before the store was opened', async () => {
    const damaged = [{ reason: 'a block of the engine is damaged', file: '000003.log', offset: 7 }]
    const error = await rejection('PLOG_CORRUPTED', () => openStore(store.crashed(), {}, { damaged }))
    expect(error.context).to.deep.include({ file: '000003.log', offset: 7 })
    const log = await openStore(store.crashed(), { recovery: 'salvage' }, { damaged })
    expect(log.recovery.damaged[0]).to.deep.equal(damaged[0])
    expect(log.recovery.votesLost).to.equal(true)
    expect(await damagedSlots(log)).to.deep.equal(ACCEPTED)
    await expectNothingWrong(log)
    await log.close()
  })

  it('does not bring an older proposal back that a lost record had replaced', async () => {
    const damaged = [{ reason: 'a block of the engine is damaged' }]
    const log = await openStore(earlier.crashed(), { recovery: 'salvage' }, { damaged })
    expect(await damagedSlots(log)).to.deep.equal([5, 7, 8])
    await log.close()
  })

  it('answers a read of a record that goes bad while the log is open with PLOG_CORRUPTED', async () => {
    const copy = store.crashed()
    const log = await openStore(copy)
    copy.pairs = copy.pairs.map(({ key, value }) => {
      const parsed = parseKey(key)
      return parsed.kind === 'slot' && parsed.slot === 3 ? { key, value: value.slice(1) } : { key, value }
    })
    const report = await log.verify()
    expect(report.ok).to.equal(false)
    expect(report.damaged.map(({ slots }) => slots)).to.deep.equal([{ from: 3, to: 4 }])
    await rejection('PLOG_CORRUPTED', () => log.read(3))
    expect(text((await log.read(4))?.value)).to.equal('d4')
    await log.close()
  })

  it('finds a missing record by verifying', async () => {
    const copy = store.crashed()
    const log = await openStore(copy)
    copy.pairs = copy.pairs.filter(({ key }) => Buffer.compare(key, pairOf(store, 'slot', 8).key) !== 0)
    expect((await log.verify()).damaged.map(({ slots }) => slots)).to.deep.equal([{ from: 8, to: 9 }])
    await log.close()
  })
})
