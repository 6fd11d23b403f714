import type { Capabilities } from '../../contract/capabilities.js'
import type { Slot } from '../../contract/slot.js'
import type { Survival } from '../../contract/survival.js'
import type { Effect } from '../engine/effect.js'
import { GroupCommit } from '../engine/group-commit.js'
import type { EngineCounters, EngineVerification, LogEngine, StoredEntry } from '../engine/log-engine.js'
import type { SlotRanges } from '../engine/slot-ranges.js'
import { BlockPacker } from './block-packer.js'
import { addOperations, type BatchParts } from './effect-operations.js'
import { engineFailure } from './engine-failure.js'
import { encodeMeta } from './meta-record.js'
import type { OrderedStore, StoreOperation } from './ordered-store.js'
import type { RecordCodec } from './record-codec.js'
import { SlotReader } from './slot-reader.js'
import { StoreBatch } from './store-batch.js'
import { StoreBlobs } from './store-blobs.js'
import { StoreReclamation } from './store-reclamation.js'
import type { StoreState } from './store-state.js'
import { verifyStore } from './store-verification.js'

/** A group longer than this is written in several batches, each complete in itself, to bound memory. */
const MOST_BATCH_BYTES = 64 * 1024 * 1024

/** What one call hands over. */
interface QueuedWrite {
  readonly effects?: readonly Effect[]
  /** Changes that the books do not know: chunks, and deletes below the point. */
  readonly operations?: readonly StoreOperation[]
  /** Called once all before it is stored and nothing behind it is: the books are exactly what the store holds. */
  readonly inspect?: () => void
}

/** What the engine is made of. */
export interface OrderedStoreEngineParts {
  readonly backend: string
  readonly capabilities: Capabilities
  readonly store: OrderedStore
  readonly codec: RecordCodec
  /** As recovered; the engine's own from here on. */
  readonly state: StoreState
  /** Slots below the point whose records are still there. */
  readonly belowPoint: SlotRanges
  /** There may be more below it, of which nobody knows which slots they hold. */
  readonly sweepBelowPoint: boolean
  /** Runs after the store was closed, whether that succeeded or not. */
  readonly onClose?: (() => Promise<void>) | undefined
}

/** Stores a log in any ordered key-value engine. Each group of writes is one atomic batch that ends with the meta record. */
export class OrderedStoreEngine implements LogEngine {
  readonly backend: string
  readonly capabilities: Capabilities
  readonly blobs: StoreBlobs
  readonly borrow?: (slot: Slot) => StoredEntry | 'damaged'
  readonly borrowValue?: (slot: Slot) => Uint8Array | 'damaged'
  readonly overwritesLent: boolean
  readonly #store: OrderedStore
  readonly #codec: RecordCodec
  readonly #state: StoreState
  readonly #reader: SlotReader
  readonly #commit: GroupCommit<QueuedWrite>
  readonly #reclamation: StoreReclamation
  readonly #onClose: (() => Promise<void>) | undefined
  readonly #counters = { flushes: 0, flushedWrites: 0, bytesWritten: 0 }

  constructor({
    backend,
    capabilities,
    store,
    codec,
    state,
    belowPoint,
    sweepBelowPoint,
    onClose,
  }: OrderedStoreEngineParts) {
    this.backend = backend
    this.capabilities = capabilities
    this.#store = store
    this.#codec = codec
    this.#state = state
    this.#reader = new SlotReader(store, codec, state.packed)
    this.#onClose = onClose
    this.#commit = new GroupCommit((writes) => this.#flush(writes))
    const write = (operations: readonly StoreOperation[]) => this.#commit.add({ operations })
    this.#reclamation = new StoreReclamation({ store, state, write, belowPoint, sweepBelowPoint })
    this.blobs = new StoreBlobs({ store, codec, write, nextBlob: () => state.nextBlob++ })
    this.overwritesLent = store.borrow !== undefined
    if (store.borrow) {
      this.borrow = (slot) => this.#reader.borrow(slot)
      this.borrowValue = (slot) => this.#reader.borrowValue(slot)
    }
  }

  read(slot: Slot): StoredEntry | 'damaged' {
    return this.#reader.read(slot)
  }

  /** Everything is at the store's one survival when it resolves, whatever weaker one is asked for. */
  write(effects: readonly Effect[], _survives: Survival): Promise<void> {
    return this.#commit.add({ effects })
  }

  reclaim(): Promise<void> {
    return this.#reclamation.run()
  }

  verify(signal: AbortSignal | undefined): Promise<EngineVerification> {
    const read = (slot: Slot): StoredEntry | 'damaged' => {
      this.#reader.distrust(slot)
      return this.read(slot)
    }
    return verifyStore({
      store: this.#store,
      codec: this.#codec,
      ledger: this.#state.ledger,
      engine: { read, blobs: this.blobs },
      settled: (look) => this.#settled(look),
      signal,
    })
  }

  counters(): EngineCounters {
    return { ...this.#counters }
  }

  async close(): Promise<void> {
    await this.#commit.idle()
    try {
      await this.#store.close()
    } catch (cause) {
      throw engineFailure('close', cause)
    } finally {
      await this.#onClose?.()
    }
  }

  /** What `look` sees while books and store agree; `undefined` once a failed write has parted them. */
  async #settled<T>(look: () => T): Promise<T | undefined> {
    let seen: { readonly value: T } | { readonly error: unknown } | undefined
    const inspect = (): void => {
      try {
        seen = { value: look() }
      } catch (error) {
        seen = { error }
      }
    }
    await this.#commit.add({ inspect }).catch(() => undefined)
    if (seen && 'error' in seen) throw seen.error
    return seen?.value
  }

  async #flush(writes: readonly QueuedWrite[]): Promise<void> {
    for (let at = 0; at < writes.length;) {
      const first = at
      const batch = new StoreBatch()
      const packer = new BlockPacker(batch, this.#state, this.#codec)
      const parts = { batch, packer, state: this.#state, codec: this.#codec }
      let changes = false
      this.#state.sequence++
      for (; at < writes.length && batch.bytes < MOST_BATCH_BYTES; at++) {
        const { effects = [], operations = [] } = writes[at]!
        changes ||= effects.length + operations.length > 0
        this.#enter(effects, parts)
        for (const operation of operations) batch.add(operation)
      }
      packer.end()
      if (changes) await this.#writeBatch(batch)
      this.#counters.flushedWrites += at - first
    }
    for (const { inspect } of writes) inspect?.()
  }

  #enter(effects: readonly Effect[], parts: BatchParts): void {
    // No write both fills slots and moves the point.
    for (const effect of effects) if (effect.kind === 'compact') this.#reclamation.remember(effect.before)
    addOperations(parts, effects)
  }

  async #writeBatch(batch: StoreBatch): Promise<void> {
    const { key, value } = encodeMeta(this.#codec, this.#state.meta())
    batch.add({ key, value })
    try {
      await this.#store.write(batch.operations)
    } catch (cause) {
      throw engineFailure('write', cause)
    }
    this.#counters.flushes++
    this.#counters.bytesWritten += batch.bytes
  }
}
