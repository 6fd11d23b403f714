import { isInRegion, placeOf } from '../regions/address.js'
import type { SlotTable } from '../regions/slot-table.js'
import type { Segment } from '../segments/segment.js'
import type { Tail } from '../segments/tail.js'
import { newWrite, type PendingWrite, type StoredEffect } from './stored-effect.js'

/** An open segment with less garbage than this, in bytes, is left alone: sealing it would cost more than it gives. */
const MIN_GARBAGE_BYTES = 256 * 1024
/** A stretch of segments goes when at most this part of its entries is live, so a byte is moved at most about once. */
const MAX_LIVE_PART = 0.5
/** Entries that move in one write. */
const MOVED_SLOTS = 1024

/** What giving space back works on. */
export interface ReclamationParts {
  readonly tail: Tail
  readonly table: SlotTable
  /** Appends with the flush. */
  readonly write: (write: PendingWrite) => Promise<void>
  /** Moves the mutable region to the tail and flushes. */
  readonly flushAll: () => Promise<void>
  /** Runs between two appends. */
  readonly roll: () => Promise<void>
  /** Segments from this number on hold damage that nobody has repaired: they stay. */
  readonly keepFrom: number
}

/**
 * Gives the space of the oldest segments back. In this order, each step flushed before the next: what is live in them is
 * written once more at the end of the tail, with everything that is no slot; the tail says that they are retired; they
 * are removed, oldest first. A crash leaves entries that are there twice, or files that the next open removes.
 */
export async function reclaim(parts: ReclamationParts): Promise<void> {
  const { tail, table } = parts
  if (isMostlyGarbage(tail.active) && tail.mayRoll) await parts.roll()
  const before = firstToKeep(tail.segments, parts.keepFrom)
  const oldest = tail.segments[0]
  const kept = tail.segments.find((segment) => segment.header.number === before)
  if (!kept || !oldest || before <= oldest.header.number) return

  // What the mutable region replaced must not be given up before the replacement survives as much.
  await parts.flushAll()
  if (!(await moveBelow(kept.header.base, table, parts.write))) return
  await parts.write(newWrite([{ kind: 'restate' }, { kind: 'retire', before }], true))
  await tail.retireBefore(before)
}

/** The number of the first segment that stays: before it lies the longest stretch with little that is live. */
function firstToKeep(segments: readonly Segment[], keepFrom: number): number {
  let live = 0
  let written = 0
  let found = segments[0]?.header.number ?? 0
  for (const segment of segments.slice(0, -1)) {
    if (segment.header.number >= keepFrom) break
    live += segment.liveSlots
    written += segment.writtenSlots
    if (live <= written * MAX_LIVE_PART) found = segment.header.number + 1
  }
  return found
}

function isMostlyGarbage({ end, liveSlots, writtenSlots }: Segment): boolean {
  const livePart = writtenSlots === 0 ? 0 : liveSlots / writtenSlots
  return livePart <= MAX_LIVE_PART && end * (1 - livePart) >= MIN_GARBAGE_BYTES
}

/** False when something that is live cannot be read: then nothing may go. */
async function moveBelow(
  position: number,
  table: SlotTable,
  write: (write: PendingWrite) => Promise<void>,
): Promise<boolean> {
  let batch: StoredEffect[] = []
  const move = async (): Promise<boolean> => {
    const moving = newWrite(batch, true)
    batch = []
    await write(moving)
    return moving.damagedAt === undefined
  }
  for (const [slot, address] of table.entries(0, Number.MAX_SAFE_INTEGER)) {
    if (isInRegion(address) || placeOf(address) >= position) continue
    batch.push({ kind: 'relocate', slot, from: position })
    if (batch.length >= MOVED_SLOTS && !(await move())) return false
  }
  return batch.length === 0 || move()
}
