import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SlotTable } from '../regions/slot-table.js'
import type { SealedIndex } from '../sealing/sealed-index.js'
import type { Sealer } from '../sealing/sealer.js'
import { RecordReader } from '../segments/record-reader.js'
import type { Segment } from '../segments/segment.js'
import type { Tail } from '../segments/tail.js'
import { inTurns, spread } from '../turns.js'
import { newWrite, type PendingWrite, type StoredEffect } from './stored-effect.js'

/** An open segment with less garbage than this, in bytes, is left alone: sealing it would cost more than it gives. */
const MIN_GARBAGE_BYTES = 256 * 1024
/** A stretch of segments goes when at most this part of its entries is live, so a byte is moved at most about once. */
const MAX_LIVE_PART = 0.5
/** Entries that move in one write: each is verified and copied in the turn of the event loop that appends it. */
const MOVED_SLOTS = 256

/** What giving space back works on. */
export interface ReclamationParts {
  readonly tail: Tail
  readonly table: SlotTable
  readonly sealer: Sealer
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
 *
 * Nothing is done at once that grows with the log: a segment is looked at, and a batch moved, per turn.
 */
export async function reclaim(parts: ReclamationParts): Promise<void> {
  const { tail, table, sealer } = parts
  const { active } = tail
  const isGarbage = await isMostlyGarbage(active, table)
  if (isGarbage && tail.active === active && tail.mayRoll) await parts.roll()
  const before = await firstToKeep(parts)
  const isGoing = ({ header }: Segment): boolean => header.number < before
  if (!tail.segments.some(isGoing)) return

  await sealer.hold(async () => {
    if (!(await areIndexesIntact(table.sealed))) return
    // As they are now: one may have been compressed before this had its turn.
    for (const segment of tail.segments.filter(isGoing)) if (!(await moveAway(segment, parts))) return
    // What the mutable region replaced until here must not be given up before the replacement survives as much; what it
    // replaces from here on has moved.
    await parts.flushAll()
    await parts.write(newWrite([{ kind: 'restate' }, { kind: 'retire', before }], true))
    await tail.retireBefore(before, (segment) => table.removeSealed(segment))
    sealer.retiredBelow(before)
  })
}

/** The number of the first segment that stays: before it lies the longest stretch with little that is live. */
async function firstToKeep({ tail, table, keepFrom }: ReclamationParts): Promise<number> {
  let live = 0
  let written = 0
  let found = tail.segments[0]?.header.number ?? 0
  for (const segment of tail.segments.slice(0, -1)) {
    if (segment.header.number >= keepFrom) break
    live += await inTurns(table.countLiveIn(segment))
    written += segment.writtenSlots
    if (live <= written * MAX_LIVE_PART) found = segment.header.number + 1
    await nextTurn()
  }
  return found
}

async function isMostlyGarbage(segment: Segment, table: SlotTable): Promise<boolean> {
  const { end, writtenSlots } = segment
  if (end < MIN_GARBAGE_BYTES) return false
  const live = await inTurns(table.countLiveIn(segment))
  const livePart = writtenSlots === 0 ? 0 : live / writtenSlots
  return livePart <= MAX_LIVE_PART && end * (1 - livePart) >= MIN_GARBAGE_BYTES
}

const intact = new WeakSet<SealedIndex>()

/** What a rotten index hides would not be moved: each is verified once before anything is given up for it. */
async function areIndexesIntact(indexes: readonly SealedIndex[]): Promise<boolean> {
  for (const index of indexes) {
    if (intact.has(index)) continue
    if (!index.isIntact()) return false
    intact.add(index)
    await nextTurn()
  }
  return true
}

/** False when something that is live cannot be read: then nothing may go. */
async function moveAway(segment: Segment, { table, write }: ReclamationParts): Promise<boolean> {
  const from = new RecordReader(segment)
  let batch: StoredEffect[] = []
  const move = async (): Promise<boolean> => {
    const moving = newWrite(batch, true)
    batch = []
    await write(moving)
    return moving.damagedAt === undefined
  }
  for await (const slots of spread(table.liveIn(segment))) {
    for (const slot of slots) {
      batch.push({ kind: 'relocate', slot, from })
      if (batch.length >= MOVED_SLOTS && !(await move())) return false
    }
  }
  return batch.length === 0 || move()
}
