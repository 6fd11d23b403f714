import type { PersistentLog } from '@persistent-log/core'
import { expect } from 'chai'
import { refusalOf } from './support/closed-log.js'
import { MemoryDisk, type DiskImage } from './support/memory-disk.js'
import { newDisk, openOn } from './support/open-log.js'

const options = { segmentBytes: 4096, spareSegments: 0 }
const ballot = { round: 1, nodeId: 1 }
const value = Buffer.alloc(500, 'v')
const FIRST = 'tail-0000000001.log'
const SECOND = 'tail-0000000002.log'

async function learn(log: PersistentLog, from: number, to: number): Promise<void> {
  for (let slot = from; slot < to; slot++) await log.learn({ slot, ballot, value })
}

/** Closed, in some segments. */
async function closedLog(write: (log: PersistentLog) => Promise<void>): Promise<DiskImage> {
  const disk = await newDisk()
  const log = await openOn(disk, { cleanClose: true, created: true, options })
  await write(log)
  await log.close()
  expect([...disk.image.names.keys()]).to.include.members([FIRST, SECOND, 'tail-0000000003.log'])
  return disk.image
}

const open = (image: DiskImage, about: Parameters<typeof openOn>[1] = {}): Promise<PersistentLog> =>
  openOn(new MemoryDisk(image), { cleanClose: true, options, ...about })

const salvage = (image: DiskImage): Promise<PersistentLog> =>
  open(image, { recovery: 'salvage', acceptLostVotes: true })

/** Learns what reads as damaged; returns how many slots that were. */
async function repair(log: PersistentLog, to: number): Promise<number> {
  let repaired = 0
  for (let slot = 0; slot < to; slot++) {
    try {
      await log.read(slot)
      await log.readAccepted(slot)
    } catch {
      await log.learn({ slot, ballot, value })
      repaired++
    }
  }
  expect(log.bounds().damagedCount).to.equal(0)
  return repaired
}

/** A log of 20 decisions whose second segment has lost its header: it was salvaged, and has learned what it had lost. */
async function repairedOverAHeader(): Promise<DiskImage> {
  const image = await closedLog((log) => learn(log, 0, 20))
  const bytes = image.inodes.get(image.names.get(SECOND)!)!
  // In both copies of the header.
  for (const at of [20, 148]) bytes[at]! ^= 1
  const salvaged = await salvage(image)
  await repair(salvaged, 20)
  await salvaged.close()
  return image
}

describe('faster: a log whose first segments are not there', () => {
  for (const isClosed of [true, false]) {
    it(`names what a missing first segment may have held, ${isClosed ? 'closed' : 'killed'}`, async () => {
      const image = await closedLog((log) => learn(log, 0, 20))
      image.names.delete(FIRST)
      expect(await refusalOf(open(image, { cleanClose: isClosed }))).property('code', 'PLOG_CORRUPTED')
      const log = await open(image, { recovery: 'salvage', cleanClose: isClosed })
      expect(log.bounds()).to.deep.include({ contiguousTo: 0, committedCount: 14, damagedCount: 6 })
      expect(log.recovery.damaged.map(({ slots }) => slots)).to.deep.equal([{ from: 0, to: 6 }])
      await log.close()
      expect(await refusalOf(open(image)), 'until it is repaired').property('code', 'PLOG_CORRUPTED')
      const again = await salvage(image)
      expect(await repair(again, 20)).to.equal(6)
      await again.close()
      await (await open(image)).close()
    })
  }

  it('does not doubt what was discarded since', async () => {
    const image = await closedLog(async (log) => {
      for (let slot = 0; slot < 12; slot++) await log.accept({ slot, ballot, value })
      await learn(log, 0, 5)
      for (let slot = 5; slot < 12; slot++) await log.accept({ slot, ballot: { round: 2, nodeId: 1 }, value })
    })
    image.names.delete(FIRST)
    const log = await salvage(image)
    expect(await repair(log, 12)).to.be.greaterThan(0)
    expect(await log.discard({ from: 5 })).to.deep.include({ discarded: 7 })
    await log.close()
    const again = await open(image)
    expect(again.bounds().damagedCount).to.equal(0)
    expect(await again.readAccepted(6)).to.equal(undefined)
    await again.close()
  })

  it('is rid of a segment whose header cannot be read, with those around it', async () => {
    const image = await repairedOverAHeader()
    for (let to = 40; to <= 80; to += 20) {
      const log = await open(image)
      expect(log.recovery.votesLost).to.equal(false)
      await learn(log, to - 20, to)
      await log.checkpoints.store(to, Buffer.from('state'))
      await log.compact({ before: to })
      await log.close()
      expect([...image.names.keys()]).not.to.include(SECOND)
    }
    await (await open(image)).close()
  })

  it('is rid of it also where it died before it could remove it', async () => {
    const image = await repairedOverAHeader()
    const disk = new MemoryDisk(image)
    const log = await openOn(disk, { cleanClose: true, options })
    await log.checkpoints.store(20, Buffer.from('state'))
    let killed: DiskImage | undefined
    disk.beforeOperation = (operation) => {
      if (operation.kind === 'remove' && operation.name === SECOND) killed ??= disk.copy()
    }
    await log.compact({ before: 20 })
    await log.close()
    const again = await open(killed!, { cleanClose: false })
    expect(again.recovery).to.deep.include({ damaged: [], votesLost: false })
    await again.close()
    expect([...killed!.names.keys()]).not.to.include(SECOND)
  })
})
