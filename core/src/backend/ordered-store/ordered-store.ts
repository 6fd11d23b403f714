import type { OpenBy } from '../../contract/capabilities.js'
import type { Survival } from '../../contract/survival.js'

/** One step of an atomic batch; no `value` deletes the key. */
export interface StoreOperation {
  readonly key: Uint8Array
  readonly value?: Uint8Array | undefined
}

/** One stored pair; the caller owns the bytes. */
export interface StorePair {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** Half-open, by unsigned byte order of the keys. */
export interface StoreRange {
  readonly from: Uint8Array
  readonly to: Uint8Array
  /** Most pairs to return. */
  readonly limit: number
}

/**
 * THE PORT for ordered key-value engines: whoever writes one such adapter has a whole `PersistentLog` over the engine
 * by `openOrderedStoreLog`, which adds the law, checksums, completeness, checkpoints and recovery.
 *
 * Keys are 1 to 300 bytes, ordered as unsigned bytes. A record holds a value and a proof, so it may be twice
 * `limits.valueBytes` and 1 KiB long; that limit is lowered until it fits `maxValueBytes`.
 */
export interface OrderedStore {
  /** What every resolved `write` outlives. */
  readonly survives: Survival
  readonly openBy: OpenBy
  /** The largest value that a key may hold, in bytes. */
  readonly maxValueBytes: number
  /**
   * The value of a key as of the last resolved write; the caller owns the bytes. Synchronous, because the law judges
   * calls in the order in which they were made. What a pending write will change need not, and should not, be visible.
   * The key is the caller's again when the call returns: a store that keeps it keeps a copy.
   */
  get(key: Uint8Array): Uint8Array | undefined
  /**
   * Like `get`, but the bytes live only until the next call of the store, or of another one in this thread; offered where it
   * saves a copy. The array may be the same each time, and larger than the value: `length` counts, which such an array has of
   * its own. It is written to: not a read-only map.
   */
  borrow?(key: Uint8Array): Uint8Array | undefined
  /**
   * The first pairs of a range in ascending order. A page ends at the limit, or as soon as it holds `STORE_PAGE_BYTES`, to
   * bound its bytes: only an empty one is the end of the range. An adapter whose engine does not prove that its tree is in order has it looked at when it opens
   * (`PLOG_CORRUPTED`): over keys out of order the engine would not find again what it acknowledges.
   */
  page(range: StoreRange): Promise<StorePair[]>
  /**
   * All operations or none, in their order where one key comes twice; also after any event up to `survives`; resolves when
   * they outlive it. Never called while another write is under way. After a rejection it is not called again, and reads
   * show nothing of it.
   */
  write(operations: readonly StoreOperation[]): Promise<void>
  /** Give the space of deleted keys in a range back, where the engine does not do so by itself. */
  reclaim?(from: Uint8Array, to: Uint8Array): Promise<void>
  close(): Promise<void>
}
