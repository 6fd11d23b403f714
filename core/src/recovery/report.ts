import type { CheckpointInfo } from '../contract/checkpoint-store.js'
import type { Slot, SlotRange } from '../contract/slot.js'

/** How far a recovery has come. */
export interface RecoveryProgress {
  /** The checkpoint that the state was restored from, if any. */
  readonly checkpoint?: CheckpointInfo | undefined
  /** Decisions applied by this call. */
  readonly replayed: number
  /** The slot at which the state stands, and the one where the replay will end. */
  readonly at: Slot
  readonly to: Slot
}

/** What a recovery did. */
export interface StateRecoveryReport {
  /** The checkpoint that the state was restored from; absent when the machine went on from where it stood. */
  readonly checkpoint?: CheckpointInfo | undefined
  /** Newer checkpoints that turned out to be damaged, newest first. */
  readonly damagedCheckpoints: readonly CheckpointInfo[]
  /**
   * What the machine holds (`appliedTo`) and the log does not, neither as slots nor as a checkpoint: decisions that the log
   * has lost, or that are another log's. Absent where it holds no more than the log. What is decided
   * there later is not applied: the machine is past it.
   */
  readonly ahead?: SlotRange | undefined
  /** Decisions applied. */
  readonly replayed: number
  /** Undecided slots that were passed over; always 0 unless `gaps: 'skip'`. */
  readonly skipped: number
  /** Where the replay began, and where the state stands now: every decision below `to` is in. */
  readonly from: Slot
  readonly to: Slot
  /** Why the replay ended before the end of the range: an undecided slot, or one that is damaged, at `to`. */
  readonly stoppedBy?: 'gap' | 'damage' | undefined
  readonly tookMs: number
}
