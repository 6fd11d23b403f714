import type { Capabilities } from '../../contract/capabilities.js'
import type { Slot } from '../../contract/slot.js'
import type { Survival } from '../../contract/survival.js'
import { copyBytes } from '../bytes.js'
import type { Effect } from '../engine/effect.js'
import { GroupCommit } from '../engine/group-commit.js'
import type { EngineCounters, EngineVerification, LogEngine, StoredEntry } from '../engine/log-engine.js'
import type { SlotRanges } from '../engine/slot-ranges.js'
import { addOperations } from './effect-operations.js'
import { engineFailure } from './engine-failure.js'
import { slotKey, slotKeyRange, turnSlotKey } from './key-layout.js'
import { encodeMeta } from './meta-record.js'
import type { OrderedStore, StoreOperation } from './ordered-store.js'
import type { RecordCodec } from './record-codec.js'
import { fieldsOf, isDecided, valueBytesOf, valueOf } from './slot-record.js'
import { StoreBatch } from './store-batch.js'
import { StoreBlobs } from './store-blobs.js'
import { pagesOf } from './store-paging.js'
import type { StoreState } from './store-state.js'
import { verifyStore } from './store-verification.js'
import { VerifiedDecisions } from './verified-decisions.js'

/** A group longer than this is written in several batches, each complete in itself, to bound memory. */
const MOST_BATCH_BYTES = 64 * 1024 * 1024

/** Keys that one batch of `reclaim` deletes. */
const KEYS_PER_RECLAIM = 1_000

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
  readonly #commit: GroupCommit<QueuedWrite>
  readonly #belowPoint: SlotRanges
  readonly #onClose: (() => Promise<void>) | undefined
  /** The key of the read that is under way: reads are synchronous, so that one is enough. */
  readonly #readKey = slotKey(0)
  readonly #verified = new VerifiedDecisions()
  #lentOf: Uint8Array | undefined
  #lent: Uint8Array = new Uint8Array()
  readonly #counters = { flushes: 0, flushedWrites: 0, bytesWritten: 0 }
  /** A compaction passed damaged slots: nobody knows which of them left a record. */
  #sweepBelowPoint = false
  #reclaiming: Promise<void> = Promise.resolve()

  constructor({ backend, capabilities, store, codec, state, belowPoint, onClose }: OrderedStoreEngineParts) {
    this.backend = backend
    this.capabilities = capabilities
    this.#store = store
    this.#codec = codec
    this.#state = state
    this.#belowPoint = belowPoint
    this.#onClose = onClose
    this.#commit = new GroupCommit((writes) => this.#flush(writes))
    const write = (operations: readonly StoreOperation[]) => this.#commit.add({ operations })
    this.blobs = new StoreBlobs({ store, codec, write, nextBlob: () => state.nextBlob++ })
    this.overwritesLent = store.borrow !== undefined
    if (store.borrow) {
      this.borrow = (slot) => this.#entry(slot, true)
      this.borrowValue = (slot) => this.#borrowValue(slot)
    }
  }

  read(slot: Slot): StoredEntry | 'damaged' {
    // Copying the value alone is less than copying the record and looking at a part of it.
    if (this.borrow === undefined) return this.#entry(slot, false)
    const entry = this.#entry(slot, true)
    if (entry === 'damaged') return entry
    const { ballot, value, proof } = entry
    return { ballot, value: copyBytes(value), proof: proof && copyBytes(proof) }
  }

  /** Everything is at the store's one survival when it resolves, whatever weaker one is asked for. */
  write(effects: readonly Effect[], _survives: Survival): Promise<void> {
    return this.#commit.add({ effects })
  }

  /** Deletes what lies below the point in bounded batches; what a crash leaves of it goes at the next open. */
  reclaim(): Promise<void> {
    const reclaiming = this.#reclaiming.then(() => this.#reclaim())
    // The next call waits for this one, whose caller hears of its failure.
    this.#reclaiming = reclaiming.catch(() => undefined)
    return reclaiming
  }

  verify(signal: AbortSignal | undefined): Promise<EngineVerification> {
    const read = (slot: Slot): StoredEntry | 'damaged' => {
      this.#verified.delete(slot)
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

  #entry(slot: Slot, isBorrowed: boolean): StoredEntry | 'damaged' {
    const record = this.#sound(slot, isBorrowed)
    return (record && fieldsOf(slot, record)) ?? 'damaged'
  }

  /** The view that was lent last serves again where a store lends one array each time, for one view costs a checksum. */
  #borrowValue(slot: Slot): Uint8Array | 'damaged' {
    const record = this.#sound(slot, true)
    if (record === undefined) return 'damaged'
    const bytes = valueBytesOf(record)
    if (record === this.#lentOf && bytes === this.#lent.length) return this.#lent
    const value = valueOf(record)
    if (value === undefined) return 'damaged'
    this.#lentOf = record
    this.#lent = value
    return value
  }

  /** The record of a slot, unless it is missing or damaged. */
  #sound(slot: Slot, isBorrowed: boolean): Uint8Array | undefined {
    const key = turnSlotKey(this.#readKey, slot)
    let record: Uint8Array | undefined
    try {
      record = isBorrowed ? this.#store.borrow!(key) : this.#store.get(key)
    } catch (cause) {
      throw engineFailure('read', cause, { slot })
    }
    if (record === undefined || this.#verified.has(slot)) return record
    return this.#verify(slot, key, record)
  }

  #verify(slot: Slot, key: Uint8Array, record: Uint8Array): Uint8Array | undefined {
    if (!this.#codec.isIntact(key, record)) return undefined
    if (isDecided(record)) this.#verified.add(slot)
    return record
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
      let changes = false
      this.#state.sequence++
      for (; at < writes.length && batch.bytes < MOST_BATCH_BYTES; at++) {
        const { effects = [], operations = [] } = writes[at]!
        changes ||= effects.length + operations.length > 0
        this.#enter(effects, batch)
        for (const operation of operations) batch.add(operation)
      }
      if (changes) await this.#writeBatch(batch)
      this.#counters.flushedWrites += at - first
    }
    for (const { inspect } of writes) inspect?.()
  }

  #enter(effects: readonly Effect[], batch: StoreBatch): void {
    // No write both fills slots and moves the point.
    for (const effect of effects) if (effect.kind === 'compact') this.#rememberBelow(effect.before)
    addOperations(batch, effects, this.#state, this.#codec)
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

  #rememberBelow(before: Slot): void {
    const { decided, accepted, damaged } = this.#state.ledger
    for (const held of [decided, accepted]) {
      for (const { from, to } of held.ranges(0, before)) this.#belowPoint.add(from, to)
    }
    if (damaged.countIn(0, before) > 0) this.#sweepBelowPoint = true
  }

  async #reclaim(): Promise<void> {
    const gone = this.#belowPoint
    const { point } = this.#state.ledger
    if (gone.count === 0 && !this.#sweepBelowPoint) return
    const ranges = [...gone.ranges()]
    gone.remove(0, point)
    let keys: StoreOperation[] = []
    for (const { from, to } of ranges) {
      for (let slot = from; slot < to; slot++) {
        keys.push({ key: slotKey(slot) })
        if (keys.length < KEYS_PER_RECLAIM) continue
        await this.#commit.add({ operations: keys })
        keys = []
      }
    }
    if (keys.length > 0) await this.#commit.add({ operations: keys })
    const below = slotKeyRange(0, point)
    if (this.#sweepBelowPoint) {
      this.#sweepBelowPoint = false
      for await (const page of pagesOf(this.#store, below)) {
        await this.#commit.add({ operations: page.map(({ key }) => ({ key })) })
      }
    }
    await this.#store.reclaim?.(below.from, below.to)
  }
}
