import { isPersistentLogError, type PersistentLog } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { UNSEALED_NAME } from '../../src/sealing/sealer.js'
import type { DiskImage } from './memory-disk.js'
import { MemoryDisk } from './memory-disk.js'
import { newDisk, openOn, shownBy, valueOf, type OpenInMemory } from './open-log.js'

export const SMALL = { segmentBytes: 4096, regionBytes: 64 * 1024 }
export const ballot = (round: number) => ({ round, nodeId: 1 })

export interface ClosedLog {
  readonly image: DiskImage
  readonly shown: ReadonlyMap<number, string>
}

/**
 * A log with a bit of everything, in two segments, closed on a device that had no room for footers: opening it reads
 * every byte.
 */
export async function closedLog(): Promise<ClosedLog> {
  const { image, shown } = await sealedLog()
  return { image: withoutFooters(image), shown }
}

const TRAILER_BYTES = 16

/** Where the groups of a segment end, as the last bytes of its footer say. */
export const groupsEnd = (bytes: Buffer): number =>
  bytes.toString('latin1', bytes.byteLength - 8, bytes.byteLength - 4) === 'PRFE'
    ? Number(bytes.readBigUInt64LE(bytes.byteLength - TRAILER_BYTES))
    : bytes.byteLength

/** What the log would be if no segment had been sealed. */
export function withoutFooters(image: DiskImage): DiskImage {
  const copy = new MemoryDisk(image).copy()
  for (const name of filesOf(copy)) {
    const inode = copy.names.get(name) ?? -1
    const bytes = copy.inodes.get(inode) ?? Buffer.alloc(0)
    copy.inodes.set(inode, Buffer.from(bytes.subarray(0, groupsEnd(bytes))))
  }
  const inode = Math.max(...copy.inodes.keys()) + 1
  copy.names.set(UNSEALED_NAME, inode)
  copy.inodes.set(inode, Buffer.alloc(0))
  return copy
}

/** The same log as it is closed otherwise: opening it reads footers. */
export async function sealedLog(): Promise<ClosedLog> {
  const disk = await newDisk()
  const log = await openOn(disk, { created: true, cleanClose: true, options: SMALL })
  await log.promise(ballot(1))
  await log.configuration.store('vote', { version: 1, value: Buffer.from('me') })
  for (let slot = 0; slot < 12; slot++) {
    await log.accept({ slot, ballot: ballot(1), value: valueOf(slot, 1) })
    if (slot < 8) await log.commit({ slot, ballot: ballot(1) })
  }
  await log.acceptAll([20, 21].map((slot) => ({ slot, ballot: ballot(2), value: valueOf(slot, 2) })))
  await log.learn({ slot: 30, ballot: ballot(2), value: valueOf(30, 2) })
  await log.checkpoints.store(4, Buffer.from('state below 4'))
  const shown = await shownBy(log)
  await log.close()
  return { image: disk.copy(), shown }
}

export const opened = (image: DiskImage, about: OpenInMemory): Promise<PersistentLog> =>
  openOn(new MemoryDisk(image), { options: SMALL, ...about })

export const bytesOf = ({ names, inodes }: DiskImage, name: string): Buffer =>
  inodes.get(names.get(name) ?? -1) ?? Buffer.alloc(0)

export const filesOf = (image: DiskImage): string[] =>
  [...image.names.keys()].filter((name) => name.startsWith('tail-'))

export function changed({ image }: ClosedLog, name: string, change: (bytes: Buffer) => Buffer): DiskImage {
  const copy = new MemoryDisk(image).copy()
  const inode = copy.names.get(name) ?? -1
  copy.inodes.set(inode, change(copy.inodes.get(inode) ?? Buffer.alloc(0)))
  return copy
}

/** Every slot is what it was, or says that it is damaged; none is empty, none is something else. */
export async function expectHonest(log: PersistentLog, { shown }: ClosedLog): Promise<void> {
  const now = await shownBy(log)
  for (const [slot, what] of shown) {
    if (now.get(slot) === what) continue
    expect(now.has(slot), `slot ${slot} became ${now.get(slot)}`).equal(false)
    const error = await log.read(slot).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(isPersistentLogError(error, 'PLOG_CORRUPTED'), `slot ${slot} is damaged`).equal(true)
  }
  expect(
    [...now.keys()].filter((slot) => !shown.has(slot)),
    'nothing new',
  ).deep.equal([])
  const { votesLost } = log.status
  if (!votesLost) {
    expect(log.promised()).deep.equal(ballot(1))
    expect((await log.configuration.load('vote'))?.version).equal(1)
  }
}

export async function refusalOf(opening: Promise<PersistentLog>): Promise<unknown> {
  return opening.then(
    () => undefined,
    (reason: unknown) => reason,
  )
}
