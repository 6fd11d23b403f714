import { expect } from 'chai'
import { VerifiedDecisions } from '../../../src/backend/ordered-store/verified-decisions.js'
import { parseKey } from '../../../src/backend/ordered-store/key-layout.js'
import { ArrayStore } from '../../support/array-store.js'
import { rejection } from '../../support/rejections.js'
import { ballot, bytes, openStore, text } from './open-store.js'

const PAGE_SLOTS = 32_768
const MOST_PAGES = 1_024

describe('the set of verified decisions', () => {
  it('holds what was added, wherever it lies', () => {
    const verified = new VerifiedDecisions()
    const slots = [0, 1, 31, 32, 33, PAGE_SLOTS - 1, PAGE_SLOTS, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER - 1]
    for (const slot of slots) {
      expect(verified.has(slot), `slot ${slot} before`).to.equal(false)
      verified.add(slot)
    }
    for (const slot of slots) expect(verified.has(slot), `slot ${slot}`).to.equal(true)
    for (const slot of [2, 30, 34, PAGE_SLOTS + 1, 5, 2 ** 32 + 6])
      expect(verified.has(slot), `slot ${slot}`).to.equal(false)
    verified.delete(32)
    verified.delete(PAGE_SLOTS * 7)
    expect([31, 32, 33].map((slot) => verified.has(slot))).to.deep.equal([true, false, true])
  })

  it('forgets its oldest page where it would grow beyond 4 MiB', () => {
    const verified = new VerifiedDecisions()
    for (let page = 0; page <= MOST_PAGES; page++) verified.add(page * PAGE_SLOTS)
    expect(verified.has(0)).to.equal(false)
    for (let page = 1; page <= MOST_PAGES; page++) expect(verified.has(page * PAGE_SLOTS)).to.equal(true)
  })
})

describe('a record that goes bad while the log is open', () => {
  /** A log of a decision and a proposal, and a way to flip a bit of what each holds. */
  async function opened() {
    const store = new ArrayStore()
    const log = await openStore(store)
    await log.learn({ slot: 1, ballot: ballot(1), value: bytes('decided') })
    await log.accept({ slot: 2, ballot: ballot(1), value: bytes('accepted') })
    const rot = (slot: number): void => {
      store.pairs = store.pairs.map(({ key, value }) => {
        const parsed = parseKey(key)
        if (parsed.kind !== 'slot' || parsed.slot !== slot) return { key, value }
        const rotten = value.slice()
        rotten[rotten.length - 1]! ^= 1
        return { key, value: rotten }
      })
    }
    return { log, rot }
  }

  it('is noticed by the first read of a decision', async () => {
    const { log, rot } = await opened()
    rot(1)
    await rejection('PLOG_CORRUPTED', () => log.read(1))
    await log.close()
  })

  it('is noticed by a verification, and by every read after that', async () => {
    const { log, rot } = await opened()
    expect(text((await log.read(1))?.value)).to.equal('decided')
    rot(1)
    const { damaged } = await log.verify()
    expect(damaged.map(({ slots }) => slots)).to.deep.equal([{ from: 1, to: 2 }])
    await rejection('PLOG_CORRUPTED', () => log.read(1))
    expect((await log.verify()).ok).to.equal(false)
    await log.learn({ slot: 1, ballot: ballot(1), value: bytes('decided') })
    expect(text((await log.read(1))?.value)).to.equal('decided')
    await log.close()
  })

  it('is noticed before a commit seals the proposal anew, however often it was read', async () => {
    const { log, rot } = await opened()
    expect(text((await log.readAccepted(2))?.value)).to.equal('accepted')
    rot(2)
    await rejection('PLOG_CORRUPTED', () => log.commit({ slot: 2, ballot: ballot(1) }))
    await log.close()
  })
})
