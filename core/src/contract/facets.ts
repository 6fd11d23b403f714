import type { CommitId, Decision, Proposal } from './proposal.js'
import type { OpenSlotRange, Slot } from './slot.js'
import type { Survival } from './survival.js'

/** Reads without a Promise; same answers and errors as their twins, thrown. */
export interface SyncReads {
  read(slot: Slot): Decision | undefined
  readAccepted(slot: Slot): Proposal | undefined
}

/** Reads without a copy. Where a log is opened with `poisonViews`, a view that is kept or written into is found out. */
export interface BorrowedReads {
  /**
   * Lends the value of a decision to `use`, which must be synchronous: the view dies when it returns. Returns what
   * `use` returns; `undefined` when the slot is undecided.
   */
  read<T>(slot: Slot, use: (value: Uint8Array) => T): T | undefined
  /**
   * Lends the value of every decision in the range to `use`, ascending, each as `read` does, without an object for each:
   * for a state machine that catches up. The upper bound is frozen at the call. Ends behind the decision for which `use`
   * returned `false`, or at the end of the range; returns the slot to go on from.
   *
   * The event loop waits as long as it runs: go through a long log in pieces. Throws `PLOG_COMPACTED` for a `from` below
   * the point, `PLOG_CORRUPTED` at a damaged slot; what precedes that has been lent.
   */
  scan(range: OpenSlotRange, use: (slot: Slot, value: Uint8Array) => unknown): Slot
}

/**
 * Single writes without a Promise, for the hot path: judged by the same law as their twins, with the same refusals, thrown.
 * When one returns, it survives exactly `survives` and is shown.
 *
 * They overtake nothing. Where one would have to wait - for a write of its slot, or for a promise, a discard, a batch or a
 * compaction under way; for space; for something that must be durable first - it throws `PLOG_BUSY` and has done nothing.
 * Whoever awaits the same call through the log then, with this survival, finds the next ones ready:
 * ```
 * try { log.syncWrites.accept(proposal) }
 * catch (error) {
 *   if (!isPersistentLogError(error, 'PLOG_BUSY')) throw error
 *   await log.accept(proposal, { survives: log.syncWrites.survives })
 * }
 * ```
 */
export interface SyncWrites {
  readonly survives: Survival
  accept(proposal: Proposal): void
  commit(id: CommitId): void
}
