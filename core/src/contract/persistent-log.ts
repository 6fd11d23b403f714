import type { Capabilities } from './capabilities.js'
import type { CheckpointStore } from './checkpoint-store.js'
import type { ConfigurationStore } from './configuration-store.js'
import type { CallOptions, DecisionLog } from './decision-log.js'
import type { BorrowedReads, SyncReads, SyncWrites } from './facets.js'
import type { CompactionReport, LogMetrics, RecoveryReport, VerifyReport } from './reports.js'
import type { Slot } from './slot.js'
import type { Survival } from './survival.js'
import type { ThreadHandle } from './threads.js'

/** The default survival of each kind of call of an opened log: the capability, or the weaker one that its user wrote out. */
export interface Durability {
  readonly accept: Survival
  readonly commit: Survival
}

/**
 * When writes that were acknowledged below the strongest survival are flushed: `manual` (the default), by `flush()`, by a
 * checkpoint over them, or at close; or at the latest so many ms, or so many bytes of values and proofs, after the first of
 * them; one of the two, or both. A stronger write may take them along or not. Writes at the strongest survival are never
 * paced.
 */
export type FlushPace =
  'manual' | { readonly everyMs?: number | undefined; readonly everyBytes?: number | undefined }

/** What a user may write out about durability: weaker defaults, and when weaker writes are flushed. */
export interface DurabilityConfig extends Partial<Durability> {
  readonly flush?: FlushPace | undefined
}

/** How the log is doing right now. */
export interface LogStatus {
  /** `poisoned`: a flush failed; every write is refused until the log is reopened, reads go on over what was shown. */
  readonly state: 'open' | 'poisoned' | 'closing' | 'closed'
  /** What poisoned it. */
  readonly cause?: unknown
  readonly durability: Durability
  /** Votes may be lost, and the user has not accepted that. */
  readonly votesLost: boolean
}

/** Options of `compact`. */
export interface CompactOptions extends CallOptions {
  /** Slots below it go. The point becomes the larger of today's point and `before - retain`. */
  readonly before: Slot
  /** Keep so many slots below `before` for slow followers. Default 0. */
  readonly retain?: number | undefined
  /** The caller declares that undecided slots below the point will never be decided; their proposals go. */
  readonly acrossGaps?: boolean | undefined
  /** Compact past the newest readable checkpoint: the state can then only come from elsewhere. */
  readonly withoutCheckpoint?: boolean | undefined
}

/**
 * A durable log for a consensus protocol: decisions, checkpoints, configuration.
 *
 * A failed flush poisons the log: what is in the page cache after it proves nothing, so nothing is retried. A write that
 * was refused with `PLOG_IO` or `PLOG_POISONED` may be found after reopening, whole or not at all; repeating it is safe.
 */
export interface PersistentLog extends DecisionLog, AsyncDisposable {
  /** The name of the backend, as in the configuration. */
  readonly backend: string
  /** The slot the log began with. A point above it says that something was compacted. */
  readonly firstSlot: Slot
  readonly status: LogStatus
  readonly capabilities: Capabilities
  readonly checkpoints: CheckpointStore
  readonly configuration: ConfigurationStore
  /** What opening this log found. */
  readonly recovery: RecoveryReport

  readonly syncReads?: SyncReads | undefined
  readonly borrowedReads?: BorrowedReads | undefined
  readonly syncWrites?: SyncWrites | undefined
  /** A handle for worker threads of this process, which make a log of it with `attachLog`. There exactly if `openBy` is `many-threads`. */
  readonly threadHandle?: (() => ThreadHandle) | undefined

  /**
   * Drop the slots below a point: by slot, online, idempotent, crash-safe; space is given back. Past an undecided slot
   * it is refused whole with `PLOG_GAP` unless `acrossGaps`; past the newest readable checkpoint with
   * `PLOG_CHECKPOINT_REQUIRED` unless `withoutCheckpoint`.
   */
  compact(options: CompactOptions): Promise<CompactionReport>
  /**
   * Resolves when everything judged before this call is at the strongest survival that the backend offers. A checkpoint
   * whose content is still being written, or a compaction that still looks for one, is judged when that is done.
   */
  flush(options?: CallOptions): Promise<void>
  /** Reads every stored byte as of the call, beside writers, and changes nothing. */
  verify(options?: CallOptions): Promise<VerifyReport>
  metrics(): LogMetrics
  /**
   * Idempotent. Earlier calls finish, then it flushes; accepts that still wait for space are refused with
   * `PLOG_NOT_OPEN`. The content of a checkpoint that is being stored is read to its end: a caller that does not want
   * to wait for it aborts that call. A failure rejects, but everything is released; a poisoned log
   * cannot flush, so that closing it rejects with `PLOG_POISONED`.
   */
  close(): Promise<void>
}
