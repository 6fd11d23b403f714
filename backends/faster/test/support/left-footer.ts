import type { PersistentLog } from '@persistent-log/core/backend'
import { ballot, bytesOf, filesOf, groupsEnd } from './closed-log.js'
import type { DiskImage, MemoryDisk } from './memory-disk.js'
import { newDisk, openOn, valueOf } from './open-log.js'

export const learn = (slot: number) => ({ slot, ballot: ballot(1), value: valueOf(slot, 1) })

/** Opens what a clean close left. */
export const reopen = (disk: MemoryDisk, about = {}): Promise<PersistentLog> =>
  openOn(disk, { cleanClose: true, ...about })

/** A closed log in one segment: so many decisions, then undecided proposals. */
export async function closedOnce(decisions: number, proposals = 0, options = {}): Promise<MemoryDisk> {
  const disk = await newDisk()
  const log = await openOn(disk, { created: true, cleanClose: true, options })
  for (let slot = 0; slot < decisions; slot += 500) {
    const length = Math.min(500, decisions - slot)
    await log.learnAll(Array.from({ length }, (_, at) => learn(slot + at)))
  }
  for (let at = 0; at < proposals; at++) await log.accept(learn(decisions + at))
  await log.close()
  return disk
}

/** The bytes of the last segment. */
export const lastOf = (image: DiskImage): Buffer => bytesOf(image, filesOf(image).sort().at(-1) ?? '')

/** Behind the groups of the last segment stands a footer. */
export const isFooterThere = (image: DiskImage): boolean =>
  groupsEnd(lastOf(image)) < lastOf(image).byteLength
