import type { Effect } from '@persistent-log/core/backend'
import type { EvictedChunk } from '../ring/evicted-chunk.js'
import type { RingBuffer } from '../ring/ring-buffer.js'
import type { StoredRecord } from '../segments/record.js'

/** What the engine stores for its own sake, beside the effects of calls. */
export type InternalEffect =
  | { readonly kind: 'votes-lost' }
  /** From here on accepts may be acknowledged below power-loss. */
  | { readonly kind: 'weak-begin' }
  /** All of them are in the tail. */
  | { readonly kind: 'weak-end' }
  | { readonly kind: 'retire'; readonly before: number }
  | { readonly kind: 'close' }
  /** The slot's newest version moves to the end of the tail, if it still is where the mover saw it. */
  | { readonly kind: 'relocate'; readonly slot: number; readonly from: RelocationSource }
  /** A stretch of the mutable region is copied to the tail as it is. */
  | { readonly kind: 'evict'; readonly chunk: EvictedChunk }
  /**
   * The proposals of all slots that the write holds are decided; they stood in the ring when it took them over. By calls
   * of their own, or by one.
   */
  | { readonly kind: 'commit-held'; readonly ring: RingBuffer; readonly isBatch: boolean }
  /** Everything that is no slot is written once more: promise, point, configurations, checkpoints. */
  | { readonly kind: 'restate' }

/** The mutable region of a crashed session, or a part of the tail. */
export type RelocationSource = 'region' | RelocatedPart

/** What moves from the tail to its end. */
export interface RelocatedPart {
  /** What stands at this position or behind it stays. */
  readonly end: number
  /** Verified, as views until the next call; `undefined` when it is damaged or gone. */
  record(position: number): StoredRecord | undefined
}

/** Everything that becomes a record. */
export type StoredEffect = Effect | InternalEffect

/** The effects of one call on their way: one atomic unit, always inside one group. */
export interface PendingWrite {
  readonly effects: readonly StoredEffect[]
  /** Resolves with the flush, not when the operating system has it. */
  readonly joinsFlush: boolean
  /** Slots that this write holds in `PendingSlots`. */
  readonly held: number[]
  /** Slot and new address by turns, in order; known once the write was encoded, counted once it is resolved. */
  readonly changes: number[]
  /** The point, where the write moves it. */
  point: number | undefined
  /** A relocation met a record that is damaged: what holds it must stay. */
  damagedAt: number | undefined
}

/** A write that nothing has happened to yet. */
export function newWrite(effects: readonly StoredEffect[], joinsFlush: boolean): PendingWrite {
  return { effects, joinsFlush, held: [], changes: [], point: undefined, damagedAt: undefined }
}
