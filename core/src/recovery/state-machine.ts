import type { CheckpointInfo } from '../contract/checkpoint-store.js'
import type { Decision } from '../contract/proposal.js'
import type { Slot } from '../contract/slot.js'

/** The user's state machine, as recovery feeds it. */
export interface StateMachine {
  /**
   * Replace the whole state by that of a checkpoint. Each chunk was verified before it is handed out; the whole is known
   * to be right only when the stream ends.
   *
   * **Each call begins anew.** When a chunk turns out to be damaged, the stream throws `PLOG_CORRUPTED` in the middle;
   * let that error pass. Recovery then calls `restore` again with an older checkpoint, and whatever the failed call left
   * behind must be dropped. A machine that swallows the error gains nothing: the checkpoint counts as damaged.
   */
  restore(checkpoint: CheckpointInfo, content: AsyncIterable<Uint8Array>): Promise<void> | void
  /** Apply decisions: ascending slots, each once, never empty. A rejection ends the recovery with that error. */
  apply(decisions: readonly Decision[]): Promise<void> | void
  /**
   * The slot at which the state stands now: every decision below it is in. A machine that keeps its state resumes from
   * here. Absent: the machine is empty and expects the slot with which the log began. An integer, returned at once: a promise
   * is a `TypeError`, anything else that is no slot a `RangeError`.
   */
  appliedTo?(): Slot
}
