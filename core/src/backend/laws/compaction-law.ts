import type { Slot } from '../../contract/slot.js'
import { raise } from '../../errors/raise.js'
import type { PersistentLogError } from '../../errors/persistent-log-error.js'

/** What is stored when a compaction is judged. */
export interface CompactionState {
  readonly point: Slot
  /** The first slot from the point on that is neither decided nor damaged. */
  readonly firstUndecided: Slot
  /** The lowest damaged slot from the point on. */
  readonly firstDamaged: Slot | undefined
  /** The slot of the newest readable checkpoint. */
  readonly checkpoint: Slot | undefined
}

/** A compaction as it was asked for. */
export interface CompactionCall {
  readonly before: Slot
  readonly retain: number
  readonly acrossGaps: boolean
  readonly withoutCheckpoint: boolean
}

/** The new point, or the refusal. The point never moves down. */
export function judgeCompaction(call: CompactionCall, state: CompactionState): Slot | PersistentLogError {
  const point = Math.max(state.point, call.before - call.retain)
  if (point === state.point) return point
  if (!call.withoutCheckpoint && (state.checkpoint === undefined || state.checkpoint < point)) {
    const newest = state.checkpoint === undefined ? 'there is none' : `the newest is at ${state.checkpoint}`
    return raise.checkpointRequired(
      `compacting before ${point} needs a readable checkpoint at or above it; ${newest}`,
      {
        slot: point,
      },
    )
  }
  // A checkpoint holds what the damaged slots held: below it they may go. Without one the damage would be forgotten.
  const covered = state.checkpoint !== undefined && state.checkpoint >= point
  if (!covered && state.firstDamaged !== undefined && state.firstDamaged < point) {
    return raise.damagedSlot(state.firstDamaged)
  }
  if (state.firstUndecided < point && !call.acrossGaps) return raise.gap(state.firstUndecided)
  return point
}
