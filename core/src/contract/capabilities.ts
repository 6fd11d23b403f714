import type { Survival } from './survival.js'

/**
 * Who may have the same log open at the same time. `many-threads`: one process opens it, and attaches its threads with
 * `log.threadHandle`, which is there exactly then.
 */
export type OpenBy = 'one-process' | 'many-threads' | 'many-processes' | 'many-machines'

/**
 * Upper bounds of one opened log: exactly the limit works, one more is `PLOG_TOO_LARGE`. The configuration may lower them;
 * one that asks for more than the backend offers is refused at open with `PLOG_UNSUPPORTED`.
 */
export interface Limits {
  /** Bytes of one value, and of one proof. */
  readonly valueBytes: number
  /** Slots in one batch. */
  readonly batchSlots: number
  /** Bytes of all values and proofs of one batch. */
  readonly batchBytes: number
  /**
   * Bytes of the values and proofs that are accepted but undecided. An accept beyond it waits at most `fullWaitMs`,
   * then is refused with `PLOG_FULL`; with `PLOG_POISONED` or `PLOG_NOT_OPEN` as soon as the log is. Absent: bounded by
   * the disk only.
   */
  readonly uncommittedBytes?: number | undefined
}

/**
 * Facts about one opened log; they do not change while it is open, whatever a reader of them writes into them. The
 * conformance kit examines each of them.
 */
export interface Capabilities {
  /** The strongest survival on offer, and the default of the call. Promise, learn and discard follow `accept`/`commit`. */
  readonly survives: { readonly accept: Survival; readonly commit: Survival }
  readonly openBy: OpenBy
  /** A batch is there whole or not at all after any crash that its survival covers. */
  readonly atomicBatches: boolean
  /** Damage is reported with the slots it hit, not only noticed. */
  readonly locatesCorruption: boolean
  /** `log.syncReads` is there. */
  readonly syncReads: boolean
  /** `log.borrowedReads` is there. */
  readonly borrowedReads: boolean
  /** `log.syncWrites` is there, and what it gives at once; absent otherwise. */
  readonly syncWrites?: Survival | undefined
  readonly limits: Limits
}
