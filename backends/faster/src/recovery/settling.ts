import type { EffectEncoder } from '../engine/effect-encoder.js'
import { resolveWrite, type PendingSlots } from '../engine/pending-slots.js'
import { newWrite, type StoredEffect } from '../engine/stored-effect.js'
import type { SlotTable } from '../regions/slot-table.js'
import { REGION_NAME } from '../ring/ring-layout.js'
import { GroupBuilder } from '../segments/group-builder.js'
import { cut, type Segment } from '../segments/segment.js'
import type { SegmentFiles } from '../segments/segment-files.js'
import type { Tail } from '../segments/tail.js'
import { inTurns } from '../turns.js'
import type { Replay } from './replay.js'

/** Entries of the mutable region that move to the tail in one group. */
const MOVED_SLOTS = 1024

/** What recovery itself adds to the tail: entries of the mutable region, and what became of the votes. */
export function finalEffects(replay: Replay, losesVotes: boolean): StoredEffect[][] {
  const moved = replay.onlyInRegion()
  const batches: StoredEffect[][] = []
  for (let at = 0; at < moved.length; at += MOVED_SLOTS) batches.push(moved.slice(at, at + MOVED_SLOTS))
  const rest: StoredEffect[] = []
  if (losesVotes && !replay.ledger.votesLost) {
    rest.push({ kind: 'votes-lost' })
    replay.ledger.votesLost = true
  }
  if (replay.isWeak) rest.push({ kind: 'weak-end' })
  if (rest.length > 0) batches.push(rest)
  return batches
}

/** What appending takes before the log has an engine. */
export interface AppendParts {
  readonly encoder: EffectEncoder
  readonly pending: PendingSlots
  readonly tail: Tail
  readonly table: SlotTable
}

/** Appends effects as one group of their own and counts them at once: nobody else is there. */
export async function appendEffects(parts: AppendParts, effects: readonly StoredEffect[]): Promise<void> {
  const { encoder, pending, tail, table } = parts
  const builder = new GroupBuilder()
  const write = newWrite(effects, true)
  pending.holdAll(write)
  builder.begin({ position: tail.position, seed: tail.active.seed })
  encoder.encode(write, builder)
  if (builder.summary.records > 0) await tail.append(builder, encoder.state.point, true)
  encoder.wasAppended()
  resolveWrite(write, table, pending)
}

/** What the last segment was found to be. */
export interface Leftovers {
  readonly last: Segment
  readonly firstSegment: number
  /** What stands behind its end is no prepared space: a footer, which is going to be written anew. */
  readonly isShorter: boolean
  /** It was taken for the segment: until something is appended, it may stay. */
  readonly isFooterUsed: boolean
  /** To be called before it goes. */
  readonly beginChanges: () => Promise<void>
}

/** What it says is in memory before it is gone; a crash between the two leaves it where it is. */
async function cutFooter(last: Segment, table: SlotTable): Promise<void> {
  const index = table.sealed.find(({ segment }) => segment === last)
  if (index) await inTurns(index.take())
  await cut(last)
}

/** What a crash left: bytes behind a cut, retired segments, the mutable region of an earlier session. */
export async function dropLeftovers(
  files: SegmentFiles,
  tail: Tail,
  table: SlotTable,
  { last, firstSegment, isShorter, isFooterUsed, beginChanges }: Leftovers,
): Promise<void> {
  if (last !== tail.active || (isShorter && !isFooterUsed)) await cutFooter(last, table)
  else if (isShorter) tail.beforeAppend = () => beginChanges().then(() => cutFooter(last, table))
  const before = Math.min(firstSegment, last.header.number)
  await tail.retireBefore(before, (segment) => table.removeSealed(segment))
  await files.remove(REGION_NAME)
}
