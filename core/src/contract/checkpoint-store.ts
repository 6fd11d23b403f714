import type { Ballot } from './ballot.js'
import type { CallOptions } from './decision-log.js'
import type { DivisibleCheckpoints } from './divisible-checkpoints.js'
import type { Slot } from './slot.js'

/** A checkpoint as it is listed: everything but the state itself. */
export interface CheckpointInfo {
  /** The state after every decision *below* this slot; replay starts *at* it (Raft's lastIncludedIndex is `slot - 1`). */
  readonly slot: Slot
  /** Bytes of the state. */
  readonly bytes: number
  /** SHA-256 of the state, or of the descriptor of a divisible one (`digestOfParts`); lower-case hex. */
  readonly digest: string
  /** How many parts the state has; absent where it was stored in one piece. */
  readonly parts?: number | undefined
  /** The ballot of the last decision that the state holds, where the caller gave it. */
  readonly ballot?: Ballot | undefined
  /** The caller's own words about the state; opaque. */
  readonly metadata?: Uint8Array | undefined
}

/** The state, in one piece or as a stream of any length. */
export type CheckpointContent = Uint8Array | AsyncIterable<Uint8Array>

/** Options of `store`. */
export interface StoreCheckpointOptions extends CallOptions {
  readonly ballot?: Ballot | undefined
  /** At most 64 KiB. */
  readonly metadata?: Uint8Array | undefined
  /** Allow a slot beyond `contiguousTo`: undecided slots are passed, damaged ones never. */
  readonly acrossGaps?: boolean | undefined
}

/** Options of `install`. */
export interface InstallCheckpointOptions extends CallOptions {
  readonly ballot?: Ballot | undefined
  readonly metadata?: Uint8Array | undefined
  /**
   * Drop the undecided slots from here on at the same commit point (a conflicting Raft suffix). Below the point:
   * `PLOG_COMPACTED`, also where the same checkpoint is stored already.
   */
  readonly discardFrom?: Slot | undefined
}

/**
 * Durable states of the user's state machine. A checkpoint appears at one commit point, whole, with a checksum over
 * header and content, at the log's strongest survival; memory use is bounded however long the stream is. One that was
 * stored has the decisions below it that came before the call at that survival too, whatever those had asked for: no
 * crash leaves a checkpoint that is ahead of the log it was taken of.
 */
export interface CheckpointStore {
  /**
   * Store the state as of `slot`. Beyond `contiguousTo`: `PLOG_CHECKPOINT_AHEAD`. Older than the newest, or the same
   * slot with other content: `PLOG_STALE_CHECKPOINT`; older and below the point: `PLOG_COMPACTED`. Same slot, same content:
   * no-op, and the first one's ballot and metadata stay, as the first ballot and proof of a decision do: what is returned
   * tells them.
   */
  store(slot: Slot, content: CheckpointContent, options?: StoreCheckpointOptions): Promise<CheckpointInfo>
  /**
   * Install a state shipped from elsewhere: durable first, then the point moves to its slot, in the same commit point.
   * Entries below it go; entries from it on and the promise stay. At or below the newest checkpoint's slot with other
   * content: `PLOG_STALE_CHECKPOINT`; older and below the point: `PLOG_COMPACTED`. Same slot, same content: as `store` has
   * it, but the point moves, with the ballot that is given here, if it lies below.
   */
  install(slot: Slot, content: CheckpointContent, options?: InstallCheckpointOptions): Promise<CheckpointInfo>
  /** The newest checkpoint that is not known to be damaged. */
  latest(options?: CallOptions): Promise<CheckpointInfo | undefined>
  /** The newest one at or below `slot` that is not known to be damaged. */
  nearest(slot: Slot, options?: CallOptions): Promise<CheckpointInfo | undefined>
  /** All, oldest first; those known to be damaged say so. */
  list(options?: CallOptions): Promise<readonly (CheckpointInfo & { readonly damaged: boolean })[]>
  /** The state of the checkpoint at exactly `slot`; each chunk is verified before it is handed out, the whole at the end. */
  read(slot: Slot, options?: CallOptions): AsyncIterable<Uint8Array>
  /** States in parts. Everything here is about them too. */
  readonly divisible: DivisibleCheckpoints
  /** Remove all but the `keep` newest (1 or more); never the last valid one. */
  prune(options: { readonly keep: number } & CallOptions): Promise<{ readonly removed: number }>
}
