import type { CommitId, Decision, Proposal } from './proposal.js'
import type { Slot } from './slot.js'
import type { Survival } from './survival.js'

/** Reads without a Promise; same answers and errors as their twins, thrown. */
export interface SyncReads {
  read(slot: Slot): Decision | undefined
  readAccepted(slot: Slot): Proposal | undefined
}

/** Reads without a copy. */
export interface BorrowedReads {
  /**
   * Lends the value of a decision to `use`, which must be synchronous: the view dies when it returns. Returns what
   * `use` returns; `undefined` when the slot is undecided.
   */
  read<T>(slot: Slot, use: (value: Uint8Array) => T): T | undefined
}

/** Writes without a Promise, at exactly the survival named. Where one would have to wait: `PLOG_BUSY`. */
export interface SyncWrites {
  readonly survives: Survival
  accept(proposal: Proposal): void
  commit(id: CommitId): void
}
