import type { Slot } from './slot.js'

/** A stretch of stored bytes that is not what was written, and what it held as far as that can be told. */
export interface Damage {
  readonly reason: string
  /** Relative to the log's directory. */
  readonly file?: string | undefined
  /** In bytes from the start of the file. */
  readonly offset?: number | undefined
  /** The slots that it hit; absent when it hit none (a checkpoint, a configuration) or none can be told. */
  readonly slots?: { readonly from: Slot; readonly to: Slot } | undefined
}

/** What opening the log found and did. */
export interface RecoveryReport {
  /** The log was created by this open. */
  readonly created: boolean
  /** The last owner closed it. */
  readonly cleanClose: boolean
  readonly decisions: number
  readonly accepted: number
  /** Bytes behind the last whole group that were cut: never acknowledged, or ambiguous. */
  readonly tornBytes: number
  /** The last group was damaged and nothing proves that it was flushed: it was cut, and may have been acknowledged. */
  readonly ambiguous: boolean
  readonly damaged: readonly Damage[]
  /** A promise or an accepted value may be gone: `promise` and `accept` are refused until `acceptLostVotes: true`. */
  readonly votesLost: boolean
  readonly tookMs: number
}

/** What `verify` read and found. */
export interface VerifyReport {
  readonly ok: boolean
  readonly slots: number
  readonly bytes: number
  readonly checkpoints: number
  readonly damaged: readonly Damage[]
}

/** What a compaction did. */
export interface CompactionReport {
  readonly compactedBefore: Slot
  /** Slots that went with this call. */
  readonly removed: number
}

/** Counters since open; all of them only grow but the last two. */
export interface LogMetrics {
  readonly accepts: number
  readonly commits: number
  readonly learns: number
  readonly reads: number
  /** Promises, accepts, commits, learns and discards that the law refused; a refused batch counts once. */
  readonly refusals: number
  /** Flushes (fsync or the engine's equal) and the writes that they covered. */
  readonly flushes: number
  readonly flushedWrites: number
  readonly bytesWritten: number
  readonly uncommittedBytes: number
  readonly waitingForSpace: number
}
