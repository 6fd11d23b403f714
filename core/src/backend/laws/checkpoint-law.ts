import type { Slot, SlotRange } from '../../contract/slot.js'
import { raise } from '../../errors/raise.js'
import type { PersistentLogError } from '../../errors/persistent-log-error.js'

/** What is stored when a checkpoint is judged. */
export interface CheckpointState {
  readonly point: Slot
  readonly contiguousTo: Slot
  /** The newest checkpoint that is not known to be damaged. */
  readonly newest: { readonly slot: Slot; readonly bytes: number; readonly digest: string } | undefined
  /** The first damaged slot range at or above the point. */
  readonly damaged: SlotRange | undefined
}

/** A checkpoint to be stored or installed; its digest is known once all of it was read. */
export interface CheckpointCall {
  readonly kind: 'store' | 'install'
  readonly slot: Slot
  readonly acrossGaps: boolean
  readonly content?: { readonly bytes: number; readonly digest: string } | undefined
}

/**
 * The law of checkpoints. It is asked twice: before the content is read (no `content`), to refuse early, and at the
 * commit point.
 */
export function judgeCheckpoint(
  call: CheckpointCall,
  state: CheckpointState,
): 'store' | 'no-op' | PersistentLogError {
  const { slot, content } = call
  const { newest } = state
  if (newest && slot === newest.slot) {
    if (!content) return 'store'
    const same = content.bytes === newest.bytes && content.digest === newest.digest
    return same ? 'no-op' : raise.staleCheckpoint(slot, newest.slot)
  }
  if (slot < state.point) return raise.compacted(slot, state.point)
  if (newest && slot < newest.slot) return raise.staleCheckpoint(slot, newest.slot)
  if (call.kind === 'install') return 'store'
  if (state.damaged && state.damaged.from < slot) return raise.damagedSlot(state.damaged.from)
  if (slot > state.contiguousTo && !call.acrossGaps) return raise.checkpointAhead(slot, state.contiguousTo)
  return 'store'
}
