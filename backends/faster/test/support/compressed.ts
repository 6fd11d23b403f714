import type { PersistentLog } from '@persistent-log/core/backend'
import { ballot, bytesOf, filesOf, SMALL } from './closed-log.js'
import { turn } from './all-sealed.js'
import type { DiskImage, MemoryDisk } from './memory-disk.js'
import { newDisk, openOn, valueOf } from './open-log.js'

/** Options of a log that compresses segments so small that they are sealed all the time. */
export const COMPRESSED = { ...SMALL, compression: true }

export const isCompressed = (bytes: Buffer): boolean => bytes.toString('latin1', 0, 8) === 'PLOGDEFL'

/** The names of the segments that are compressed. */
export const compressedIn = (image: DiskImage): string[] =>
  filesOf(image).filter((name) => isCompressed(bytesOf(image, name)))

/** Resolves when every segment but the active one is compressed, and then some. */
export async function allCompressed({ image }: MemoryDisk): Promise<void> {
  while (filesOf(image).filter((name) => !name.endsWith('.new')).length - compressedIn(image).length > 1)
    await turn()
  for (let time = 0; time < 5; time++) await turn()
}

/** What every slot of these logs holds. */
export const learn = (slot: number) => ({ slot, ballot: ballot(1), value: valueOf(slot, 1) })

/** One after the other. */
export async function learnAll(log: PersistentLog, from: number, to: number): Promise<void> {
  for (let slot = from; slot < to; slot++) await log.learn(learn(slot))
}

/** A log with several compressed segments, still open. */
export async function compressedLog(): Promise<{ readonly disk: MemoryDisk; readonly log: PersistentLog }> {
  const disk = await newDisk()
  const log = await openOn(disk, { created: true, cleanClose: true, options: COMPRESSED })
  await log.promise(ballot(1))
  await log.configuration.store('vote', { version: 1, value: Buffer.from('me') })
  await learnAll(log, 0, 100)
  for (let slot = 100; slot < 104; slot++) await log.accept(learn(slot))
  await learnAll(log, 104, 140)
  await allCompressed(disk)
  return { disk, log }
}
