import { expect } from 'chai'
import { parseKey, slotKey } from '../../../src/backend/ordered-store/key-layout.js'
import type { StorePair, StoreRange } from '../../../src/backend/ordered-store/ordered-store.js'
import type { OpenContext } from '../../../src/contract/backend.js'
import type { PersistentLog } from '../../../src/contract/persistent-log.js'
import { isPersistentLogError } from '../../../src/errors/index.js'
import { ArrayStore } from '../../support/array-store.js'
import { rejection } from '../../support/rejections.js'
import { ballot, bytes, openStore, text } from './open-store.js'

const DECIDED = [2, 3, 4, 6, 9]
const LAST_SLOT = 9

/** The store of a log with a record of each kind, but for notes of damage; slots that follow each other may be in a block. */
async function writtenStore(inBlocks = false): Promise<ArrayStore> {
  const store = new ArrayStore()
  const log = await openStore(store)
  await log.promise(ballot(1))
  await log.configuration.store('members', { version: 1, value: bytes('three') })
  const decisions = [0, 1, ...DECIDED].map((slot) => ({ slot, ballot: ballot(1), value: bytes(`d${slot}`) }))
  if (inBlocks) await log.learnAll(decisions)
  else for (const decision of decisions) await log.learn(decision)
  await log.accept({ slot: 5, ballot: ballot(1), value: bytes('a5') })
  await log.checkpoints.store(2, bytes('state'))
  await log.compact({ before: 2 })
  await log.close()
  return store.crashed()
}

/** The same pairs, one of them under another key. */
function moved(store: ArrayStore, from: Uint8Array, to: Uint8Array): ArrayStore {
  const pairs = store
    .crashed()
    .pairs.map((pair) => (Buffer.compare(pair.key, from) === 0 ? { key: to, value: pair.value } : pair))
  return new ArrayStore(pairs.sort((a, b) => Buffer.compare(a.key, b.key)))
}

const has = (store: ArrayStore, key: Uint8Array): boolean =>
  store.pairs.some((pair) => Buffer.compare(pair.key, key) === 0)

const isDamaged = (log: PersistentLog, slot: number): Promise<boolean> =>
  log.read(slot).then(
    () => false,
    (error: unknown) => {
      if (isPersistentLogError(error, 'PLOG_CORRUPTED')) return true
      throw error
    },
  )

/** What an operator does: fetches the damaged slots from another node, stores records and a state anew. */
async function repair(log: PersistentLog): Promise<void> {
  for (let slot = log.bounds().compactedBefore; slot <= LAST_SLOT; slot++) {
    if (await isDamaged(log, slot)) await log.learn({ slot, ballot: ballot(1), value: bytes(`d${slot}`) })
  }
  if ((await log.configuration.load('members')) === undefined)
    await log.configuration.store('members', { version: 1, value: bytes('three') })
  if ((await log.checkpoints.list()).length === 0)
    await log.checkpoints.store(log.bounds().contiguousTo, bytes('state'))
}

/** Opens a store once more that an earlier log has closed. */
function reopen(store: ArrayStore, context: Partial<OpenContext> = {}): Promise<PersistentLog> {
  store.isClosed = false
  return openStore(store, context, { created: false })
}

const salvage = (store: ArrayStore, context: Partial<OpenContext> = {}): Promise<PersistentLog> =>
  reopen(store, { recovery: 'salvage', ...context })

describe('a key that went bad in an ordered store', () => {
  let store: ArrayStore
  before(async () => {
    store = await writtenStore()
  })

  const keyOf = (kind: string): Uint8Array =>
    store.pairs.find(({ key }) => parseKey(key).kind === kind)?.key ?? expect.fail(`no ${kind}`)

  it('keeps no log from a strict open once it was salvaged and repaired, whichever bit it is', async () => {
    const packed = await writtenStore(true)
    const keys = [store, packed].flatMap((from) => from.pairs.map(({ key }) => ({ from, key })))
    for (const { from, key } of keys.filter((one) => parseKey(one.key).kind !== 'blob')) {
      for (let bit = 0; bit < key.byteLength * 8; bit++) {
        const bad = key.slice()
        bad[bit >> 3]! ^= 1 << (bit & 7)
        if (has(from, bad)) continue
        const copy = moved(from, key, bad)
        const shown = `${Buffer.from(key).toString('hex')} -> ${Buffer.from(bad).toString('hex')}`
        await rejection('PLOG_CORRUPTED', () => reopen(copy.crashed()))
        const log = await salvage(copy)
        expect(log.recovery.damaged, shown).to.not.be.empty
        await repair(log)
        await log.close()
        // Who may have lost a vote rejoins: that acknowledges what can no longer be told.
        if (log.recovery.votesLost) await (await salvage(copy, { acceptLostVotes: true })).close()
        const again = await reopen(copy.crashed())
        expect(again.recovery.damaged, shown).to.deep.equal([])
        for (const slot of DECIDED) expect(text((await again.read(slot))?.value), shown).to.equal(`d${slot}`)
        expect(text((await again.configuration.load('members'))?.value), shown).to.equal('three')
        expect((await again.verify()).ok, shown).to.equal(true)
        await again.close()
      }
    }
  })

  it('loses no decision, no proposal and no configuration, whose records prove where they belong', async () => {
    const bad = new Map([
      [slotKey(3), slotKey(2 ** 40)],
      [slotKey(5), Uint8Array.of(0x77, 0x77)],
      [slotKey(9), slotKey(1)],
      [keyOf('configuration'), Uint8Array.of(0x13, ...keyOf('configuration').subarray(1))],
    ])
    for (const [key, under] of bad) {
      const copy = moved(store, key, under)
      const log = await salvage(copy)
      expect(log.recovery.damaged.map(({ reason, slots }) => ({ reason, slots }))).to.deep.equal([
        { reason: log.recovery.damaged[0]?.reason, slots: undefined },
      ])
      expect(log.recovery.damaged[0]?.reason).to.include(Buffer.from(key).toString('hex'))
      expect(log.status.votesLost).to.equal(false)
      await log.close()
      expect(copy.pairs.filter(isNotMeta)).to.deep.equal(store.crashed().pairs.filter(isNotMeta))
      await (await reopen(copy)).close()
    }
  })

  it('brings no proposal back that was replaced since, and none that was discarded', async () => {
    const old = store.get(slotKey(5)) ?? expect.fail('no proposal')
    for (const [change, under] of [
      ['replace', 2 ** 40],
      ['discard', 2 ** 40],
      ['discard', 8],
    ] as const) {
      const stray = { key: slotKey(under), value: old }
      const copy = store.crashed()
      const log = await reopen(copy)
      if (change === 'discard') await log.discard({ from: 5 })
      else await log.accept({ slot: 5, ballot: ballot(2), value: bytes('b5') })
      await log.close()
      const damaged = new ArrayStore([...copy.pairs, stray].sort((a, b) => Buffer.compare(a.key, b.key)))
      const salvaged = await salvage(damaged)
      const found = text((await salvaged.readAccepted(5))?.value)
      expect(found).to.equal(change === 'discard' ? undefined : 'b5')
      expect(salvaged.status.votesLost).to.equal(false)
      expect(salvaged.bounds().damagedCount).to.equal(0)
      await salvaged.close()
      expect(has(damaged, stray.key)).to.equal(false)
      await (await reopen(damaged)).close()
    }
  })

  it('makes no log longer than it was, where the meta record is lost too', async () => {
    const damaged = moved(store, slotKey(5), slotKey(2 ** 40))
    damaged.pairs = damaged.pairs.filter(isNotMeta)
    const log = await salvage(damaged)
    expect(log.bounds()).to.deep.include({ nextSlot: LAST_SLOT + 1, damagedCount: 5 })
    expect(log.status.votesLost).to.equal(true)
    await repair(log)
    await log.close()
    await (await reopen(damaged)).close()
  })

  it('goes where the slot has been learned anew under its own', async () => {
    const stray = { key: slotKey(2 ** 40), value: store.get(slotKey(3)) ?? expect.fail('no decision') }
    const damaged = new ArrayStore(
      [...store.crashed().pairs, stray].sort((a, b) => Buffer.compare(a.key, b.key)),
    )
    await rejection('PLOG_CORRUPTED', () => reopen(damaged.crashed()))
    await (await salvage(damaged)).close()
    expect(has(damaged, stray.key)).to.equal(false)
    await (await reopen(damaged)).close()
  })

  it('is no lost configuration where all of them are there, and one until that is acknowledged where one is not', async () => {
    const name = Uint8Array.of(...keyOf('configuration').subarray(0, 4), 0x7a)
    const junk = { key: name, value: bytes('nobody can read this') }
    const extra = new ArrayStore(
      [...store.crashed().pairs, junk].sort((a, b) => Buffer.compare(a.key, b.key)),
    )
    await (await salvage(extra)).close()
    await (await reopen(extra)).close()

    const rotten = moved(store, keyOf('configuration'), name)
    await (await salvage(rotten)).close()
    await rejection('PLOG_CORRUPTED', () => reopen(rotten.crashed()))
    const again = await salvage(rotten)
    expect(again.recovery.damaged).to.deep.equal([{ reason: 'configuration "memz" fails its checksum' }])
    expect(again.status.votesLost).to.equal(true)
    await again.close()
    await (await salvage(rotten, { acceptLostVotes: true })).close()
    await (await reopen(rotten)).close()
  })
})

const isNotMeta = ({ key }: StorePair): boolean => parseKey(key).kind !== 'meta'

/** An engine whose tree lost its order: it shows two keys in the wrong order, and finds neither by itself. */
class DisorderedStore extends ArrayStore {
  isDisordered = true

  override async page(range: StoreRange): Promise<StorePair[]> {
    const page = await super.page(range)
    const at = page.findIndex(({ key }) => Buffer.compare(key, slotKey(3)) === 0)
    if (this.isDisordered && at >= 0 && page[at + 1]) page.splice(at, 2, page[at + 1]!, page[at]!)
    return page
  }
}

describe('an ordered store whose keys are out of order', () => {
  it('is opened in no mode: what is written there may not be found again', async () => {
    const { pairs } = await writtenStore()
    for (const recovery of ['strict', 'salvage'] as const) {
      const open = () => openStore(new DisorderedStore(pairs), { recovery })
      const error = await rejection('PLOG_CORRUPTED', open)
      expect(error.message).to.include('out of order at 020000000000000003')
    }
  })

  it('is reported by a verification', async () => {
    const store = new DisorderedStore((await writtenStore()).pairs)
    store.isDisordered = false
    const log = await openStore(store)
    store.isDisordered = true
    const report = await log.verify()
    expect(report.ok).to.equal(false)
    expect(report.damaged.map(({ reason }) => reason).join()).to.include('out of order')
    await log.close()
  })
})
