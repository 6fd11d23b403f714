import type { PersistentLog } from '@persistent-log/core'
import { expect } from 'chai'
import { setImmediate as turn } from 'node:timers/promises'
import { MemoryDisk, type DiskImage } from './support/memory-disk.js'
import { newDisk, openImage, openOn } from './support/open-log.js'

const options = { segmentBytes: 1024 * 1024, spareSegments: 0 }
const ballot = { round: 1, nodeId: 1 }
const value = Buffer.alloc(8_000, 'v')
/** Accepted and discarded, far above what is decided. */
const DISCARDED = 1_000

async function learn(log: PersistentLog, from: number, to: number): Promise<void> {
  for (let slot = from; slot < to; slot++) await log.learn({ slot, ballot, value })
  for (let count = 0; count < 50; count++) await turn()
}

/** The first segment is sealed then, the second is not. */
async function discardBehindAFooter(disk: MemoryDisk): Promise<PersistentLog> {
  const log = await openOn(disk, { cleanClose: true, created: true, options })
  await log.accept({ slot: DISCARDED, ballot, value: Buffer.from('undecided') })
  await log.checkpoints.store(0, Buffer.from('empty'))
  await learn(log, 0, 140)
  await log.discard({ from: DISCARDED })
  await learn(log, 140, 180)
  await log.checkpoints.store(180, Buffer.from('state'))
  await log.checkpoints.prune({ keep: 1 })
  return log
}

async function expectDiscarded(log: PersistentLog): Promise<void> {
  expect(log.bounds()).to.deep.include({ nextSlot: 180, acceptedCount: 0 })
  expect(await log.readAccepted(DISCARDED)).to.equal(undefined)
  expect((await log.checkpoints.list()).map(({ slot }) => slot)).to.deep.equal([180])
  expect((await log.verify()).ok).to.equal(true)
}

describe('faster: a segment that is retired before it was sealed', () => {
  it('takes nothing back that it had discarded or dropped', async () => {
    const disk = await newDisk()
    const log = await discardBehindAFooter(disk)
    await log.compact({ before: 180 })
    await expectDiscarded(log)
    await log.close()
    const again = await openOn(disk, { cleanClose: true, options })
    await expectDiscarded(again)
    await again.close()
  })

  it('nor where it was the next open that removed it', async () => {
    const disk = await newDisk()
    const log = await discardBehindAFooter(disk)
    let killed: DiskImage | undefined
    disk.beforeOperation = ({ kind }) => {
      if (kind === 'remove') killed ??= disk.copy()
    }
    await log.compact({ before: 180 })
    await log.close()
    const left = new MemoryDisk(killed)
    const next = await openOn(left, { options })
    await expectDiscarded(next)
    await next.close()
    const again = await openImage(left.image, { cleanClose: true, options })
    await expectDiscarded(again)
    await again.close()
  })

  it('does not lose votes again that a node had given up', async () => {
    const disk = await newDisk()
    const first = await openOn(disk, { cleanClose: true, created: true, options })
    await first.accept({ slot: 5_000, ballot, value: Buffer.from('weak') }, { survives: 'process-crash' })
    const cut = new MemoryDisk(disk.copy())
    await first.close()
    const lost = await openOn(cut, { sameBoot: false, options })
    expect(lost.recovery.votesLost).to.equal(true)
    await learn(lost, 0, 140)
    await lost.close()
    const rejoined = await openOn(cut, { cleanClose: true, acceptLostVotes: true, options })
    await learn(rejoined, 140, 190)
    await rejoined.checkpoints.store(190, Buffer.from('state'))
    await rejoined.compact({ before: 190 })
    await rejoined.close()
    const again = await openOn(cut, { cleanClose: true, options })
    expect(again.recovery.votesLost).to.equal(false)
    await again.promise({ round: 4, nodeId: 1 })
    await again.close()
  })
})
