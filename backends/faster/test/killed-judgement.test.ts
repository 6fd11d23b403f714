import { expect } from 'chai'
import { isPersistentLogError, type PersistentLog } from '@persistent-log/core'
import { GROUP_HEADER_BYTES } from '../src/segments/group.js'
import { SEGMENT_HEADER_BYTES } from '../src/segments/segment-header.js'
import { MemoryDisk, type DiskImage } from './support/memory-disk.js'
import { newDisk, openOn } from './support/open-log.js'

const SLOTS = 6
const ballot = { round: 1, nodeId: 1 }

/** A log that was closed, and has lost its last commits and its promise. */
async function withoutItsEnd(): Promise<DiskImage> {
  const disk = await newDisk()
  const log = await openOn(disk, { cleanClose: true, created: true })
  const value = Buffer.from('the value')
  for (let slot = 0; slot < SLOTS; slot++) await log.accept({ slot, ballot, value })
  for (let slot = 0; slot < SLOTS; slot++) await log.commit({ slot, ballot })
  await log.promise({ round: 9, nodeId: 1 })
  await log.close()
  const inode = disk.image.names.get('tail-0000000001.log')!
  const bytes = disk.image.inodes.get(inode)!
  let end = SEGMENT_HEADER_BYTES
  for (let group = 0; group < SLOTS + 2; group++) end += GROUP_HEADER_BYTES + bytes.readUInt32LE(end + 4)
  disk.image.inodes.set(inode, Buffer.from(bytes.subarray(0, end)))
  return disk.image
}

/** What a kill at each operation of an open leaves, and whether the directory counted as changed by then. */
async function killedOpens(image: DiskImage, recovery: 'strict' | 'salvage') {
  const disk = new MemoryDisk(new MemoryDisk(image).copy())
  const events: string[] = []
  const killed: { readonly image: DiskImage; readonly cleanClose: boolean }[] = []
  disk.beforeOperation = () => {
    killed.push({ image: disk.copy(), cleanClose: !events.includes('beginChanges') })
  }
  const log = await openOn(disk, { cleanClose: true, recovery }, events).catch(() => undefined)
  killed.push({ image: disk.copy(), cleanClose: !events.includes('beginChanges') })
  disk.beforeOperation = () => undefined
  await log?.close()
  return killed
}

async function damagedIn(log: PersistentLog): Promise<number[]> {
  const slots: number[] = []
  for (let slot = 0; slot < SLOTS; slot++) {
    try {
      await log.read(slot)
      await log.readAccepted(slot)
    } catch (error) {
      expect(isPersistentLogError(error, 'PLOG_CORRUPTED')).to.equal(true)
      slots.push(slot)
    }
  }
  return slots
}

describe('faster: a log without its end, and an open of it that dies', () => {
  for (const recovery of ['strict', 'salvage'] as const) {
    it(`is not taken for whole after a ${recovery} open that died at any operation`, async () => {
      const whole = await openOn(new MemoryDisk(await withoutItsEnd()), {
        cleanClose: true,
        recovery: 'salvage',
      })
      const lost = await damagedIn(whole)
      expect(lost).to.deep.equal([2, 3, 4, 5])
      expect(whole.recovery.votesLost).to.equal(true)
      await whole.close()

      const killed = await killedOpens(await withoutItsEnd(), recovery)
      expect(killed.length).to.be.greaterThan(recovery === 'strict' ? 0 : 5)
      for (const { image, cleanClose } of killed) {
        const strict = await openOn(new MemoryDisk(new MemoryDisk(image).copy()), { cleanClose }).catch(
          (error: unknown) => error,
        )
        expect(isPersistentLogError(strict, 'PLOG_CORRUPTED'), 'it is refused').to.equal(true)
        const salvaged = await openOn(new MemoryDisk(image), { cleanClose, recovery: 'salvage' })
        expect(await damagedIn(salvaged)).to.deep.equal(lost)
        expect(salvaged.recovery.votesLost).to.equal(true)
        await salvaged.close()
      }
    })
  }
})
