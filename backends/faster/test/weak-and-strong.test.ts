import type { PersistentLog } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { REGION_NAME } from '../src/ring/ring-layout.js'
import { ballot } from './support/closed-log.js'
import { MemoryDisk } from './support/memory-disk.js'
import { openDirectoryLog } from './support/open-directory-log.js'
import { newDisk, openOn, shownBy, valueOf } from './support/open-log.js'

const WEAK = { survives: 'process-crash' } as const
const proposal = (slot: number, round = 1) => ({ slot, ballot: ballot(round), value: valueOf(slot, round) })
const id = (slot: number, round = 1) => ({ slot, ballot: ballot(round) })
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1))

/** What a power cut leaves of it. */
async function afterPowerCut(disk: MemoryDisk): Promise<Map<number, string>> {
  const image = disk.copy()
  image.names.delete(REGION_NAME)
  const log = await openOn(new MemoryDisk(image), { sameBoot: false, acceptLostVotes: true })
  return shownBy(log)
}

describe('faster: weak and strong writes beside each other', () => {
  let disk: MemoryDisk
  let log: PersistentLog

  beforeEach(async () => {
    disk = await newDisk()
    log = await openOn(disk, { created: true, cleanClose: true })
  })

  /** From here on weak writes go to the region. */
  async function withRegion(): Promise<void> {
    await log.accept(proposal(99), WEAK)
    while (!disk.image.names.has(REGION_NAME)) await turn()
    await turn()
  }

  const discards: Record<string, () => Promise<unknown>> = {
    'a discard': () => log.discard({ from: 0, to: 50 }),
    'a weak discard': () => log.discard({ from: 0, to: 50 }, WEAK),
    'a conflict truncation': () =>
      log.acceptAll([proposal(0, 2), proposal(1), proposal(2, 2)], { discardFrom: 0 }),
    'an install': () => log.checkpoints.install(0, valueOf(0, 9), { discardFrom: 0 }),
  }
  for (const [what, discard] of Object.entries(discards)) {
    it(`keeps a weak decision that ${what} passes, over a flush and over a close`, async () => {
      await withRegion()
      for (let slot = 0; slot < 3; slot++) await log.accept(proposal(slot))
      await log.commit(id(1), WEAK)
      await discard()
      expect((await afterPowerCut(disk)).get(1)).to.be.oneOf(['accepted 1', 'decided 1'])
      await log.flush()
      expect((await afterPowerCut(disk)).get(1)).to.equal('decided 1')
      await log.close()
      log = await openOn(disk, { cleanClose: true })
      expect((await shownBy(log)).get(1)).to.equal('decided 1')
    })
  }

  it('makes those items of a strong batch durable that a weaker call had stored', async () => {
    await withRegion()
    for (const slot of [0, 2]) await log.accept(proposal(slot), WEAK)
    await log.acceptAll([proposal(0), proposal(1)])
    expect((await afterPowerCut(disk)).get(0)).to.equal('accepted 1')
    await withRegion()
    await log.commit(id(2), WEAK)
    await log.commitAll([id(2), id(1)])
    expect((await afterPowerCut(disk)).get(2)).to.equal('decided 1')
    await log.learn(proposal(3), WEAK)
    await log.learnAll([proposal(3), proposal(4)])
    expect((await afterPowerCut(disk)).get(3)).to.equal('decided 1')
  })

  it('keeps a batch whole of which weaker calls had stored a part', async () => {
    await withRegion()
    await log.accept(proposal(0), WEAK)
    await log.learn(proposal(1), WEAK)
    await log.accept(proposal(2))
    await log.commit(id(2), WEAK)
    await log.acceptAll(
      [0, 1, 2, 3].map((slot) => proposal(slot)),
      WEAK,
    )
    const expected = ['accepted 1', 'decided 1', 'decided 1', 'accepted 1']
    const shown = await afterPowerCut(disk)
    expect([0, 1, 2, 3].map((slot) => shown.get(slot))).to.deep.equal(expected)
    await log.close()
    log = await openOn(disk, { cleanClose: true })
    const kept = await shownBy(log)
    expect([0, 1, 2, 3].map((slot) => kept.get(slot))).to.deep.equal(expected)
  })

  it('moves a weak batch to the tail together with what has superseded a part of it', async () => {
    await log.close()
    disk = await newDisk()
    const options = { regionBytes: 64 * 1024, segmentBytes: 1024 * 1024 }
    log = await openOn(disk, { created: true, cleanClose: true, options })
    await withRegion()
    await log.acceptAll([proposal(0), proposal(1), proposal(2)], WEAK)
    for (let slot = 100; slot < 280; slot++) await log.accept(proposal(slot), WEAK)
    await log.accept(proposal(1, 2), WEAK)
    const states = new Set<string>()
    for (let slot = 280; slot < 1000; slot++) {
      await log.accept(proposal(slot), WEAK)
      if (slot % 10 > 0) continue
      const shown = await afterPowerCut(disk)
      states.add([0, 1, 2].map((at) => shown.get(at)).join())
    }
    expect([...states]).to.deep.equal([',,', 'accepted 1,accepted 2,accepted 1'])
  })

  const successors: Record<string, () => Promise<void>> = {
    'an accept': () => log.accept(proposal(40, 2), WEAK),
    'a learned decision': () => log.learn(proposal(40, 2), WEAK),
    'a batch': () => log.acceptAll([proposal(40, 2), proposal(500)], WEAK),
  }
  for (const [what, supersede] of Object.entries(successors)) {
    it(`flushes a weak proposal that ${what} supersedes meanwhile`, async () => {
      for (let turns = 0; turns < 40; turns++) {
        disk = await newDisk()
        // Where weak accepts are the normal ones, they stay announced over a flush.
        log = await openOn(disk, { created: true, cleanClose: true, durability: { accept: 'process-crash' } })
        for (let slot = 0; slot < 80; slot++) await log.accept(proposal(slot))
        const flushed = log.flush()
        for (let turn = 0; turn < turns; turn++) await Promise.resolve()
        const superseded = supersede()
        await flushed
        expect((await afterPowerCut(disk)).get(40), `${turns} turns`).to.match(/^accepted|^decided 2/)
        await superseded
        await log.flush()
        expect((await afterPowerCut(disk)).get(40)).to.match(/ 2$/)
        await log.close()
      }
      log = await openOn(await newDisk(), { created: true, cleanClose: true })
    })
  }

  it('shows weak writes in their order while the first accept has to be announced', async () => {
    for (let slot = 0; slot < 4; slot++) {
      const order: string[] = []
      const accepted = log.accept(proposal(slot), WEAK).then(() => order.push('accept'))
      const second =
        slot % 2 === 0 ? log.commit(id(slot), WEAK) : log.discard({ from: slot, to: slot + 1 }, WEAK)
      await Promise.all([accepted, second.then(() => order.push('second'))])
      expect(order).to.deep.equal(['accept', 'second'])
      expect(log.bounds().acceptedCount).to.equal(0)
      expect(await log.readAccepted(slot)).to.equal(undefined)
      await log.flush()
    }
    expect(log.bounds()).to.include({ committedCount: 2, missingCount: 1, damagedCount: 0 })
  })

  it('answers a weak repetition when what it confirms is shown', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'plog-'))
    const onDisk = await openDirectoryLog(directory)
    try {
      await onDisk.accept(proposal(9), WEAK)
      await onDisk.flush()
      await onDisk.accept(proposal(8), WEAK)
      for (let slot = 0; slot < 5; slot++) {
        await onDisk.accept(proposal(slot), WEAK)
        const discarded = onDisk.discard({ from: 9 }, WEAK)
        const committed = onDisk.commit(id(slot), WEAK)
        await onDisk.commit(id(slot), WEAK)
        expect((await onDisk.read(slot))?.slot).to.equal(slot)
        await Promise.all([discarded, committed, onDisk.accept(proposal(9), WEAK)])
      }
    } finally {
      await onDisk.close()
      await rm(directory, { recursive: true, force: true })
    }
  })
})
