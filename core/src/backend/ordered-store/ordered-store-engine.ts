import type { Capabilities } from '../../contract/capabilities.js'
import type { Slot, SlotRange } from '../../contract/slot.js'
import type { Survival } from '../../contract/survival.js'
import type { Effect } from '../engine/effect.js'
import { GroupCommit } from '../engine/group-commit.js'
import type { EngineCounters, EngineVerification, LogEngine, StoredEntry } from '../engine/log-engine.js'
import type { SlotRanges } from '../engine/slot-ranges.js'
import { BlockPacker } from './block-packer.js'
import { addOperations, type BatchParts } from './effect-operations.js'
import { engineFailure } from './engine-failure.js'
import { blockKey, parseKey, slotKey, slotKeyRange } from './key-layout.js'
import { encodeMeta } from './meta-record.js'
import type { OrderedStore, StoreOperation, StorePair } from './ordered-store.js'
import type { RecordCodec } from './record-codec.js'
import { SlotReader } from './slot-reader.js'
import { StoreBatch } from './store-batch.js'
import { StoreBlobs } from './store-blobs.js'
import { pagesOf } from './store-paging.js'
import type { StoreState } from './store-state.js'
import { verifyStore } from './store-verification.js'

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
  readonly #belowPoint: SlotRanges
  readonly #onClose: (() => Promise<void>) | undefined
  readonly #counters = { flushes: 0, flushedWrites: 0, bytesWritten: 0 }
  /** A compaction passed damaged slots, or was cut off: nobody knows which slots below the point left a record. */
  #sweepBelowPoint: boolean
  #reclaiming: Promise<void> = Promise.resolve()

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
    this.#belowPoint = belowPoint
    this.#sweepBelowPoint = sweepBelowPoint
    this.#onClose = onClose
    this.#commit = new GroupCommit((writes) => this.#flush(writes))
    const write = (operations: readonly StoreOperation[]) => this.#commit.add({ operations })
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

  /** Deletes what lies below the point in bounded batches; what a crash leaves of it goes at the next open. */
  reclaim(): Promise<void> {
    const reclaiming = this.#reclaiming.then(() => this.#reclaim())
    // The next call waits for this one, whose caller hears of its failure.
    this.#reclaiming = reclaiming.catch(() => undefined)
    return reclaiming
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
    for (const effect of effects) if (effect.kind === 'compact') this.#rememberBelow(effect.before)
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
    let operations: StoreOperation[] = []
    for (const key of this.#keysOf(ranges, point)) {
      operations.push({ key })
      if (operations.length < KEYS_PER_RECLAIM) continue
      await this.#commit.add({ operations })
      operations = []
    }
    if (operations.length > 0) await this.#commit.add({ operations })
    this.#state.packed.forgetBelow(point)
    const below = slotKeyRange(0, point)
    if (this.#sweepBelowPoint) {
      this.#sweepBelowPoint = false
      for await (const page of pagesOf(this.#store, below)) {
        const isBelow = ({ key }: StorePair): boolean => endOfKey(key) <= point
        await this.#commit.add({ operations: page.filter(isBelow).map(({ key }) => ({ key })) })
      }
    }
    await this.#store.reclaim?.(below.from, below.to)
  }

  /** The keys of what these slots hold. A block that reaches to the point stays until the point has passed it. */
  *#keysOf(ranges: readonly SlotRange[], point: Slot): Generator<Uint8Array> {
    const { packed } = this.#state
    let last: Slot | undefined
    for (const { from, to } of ranges) {
      for (let slot = from; slot < to; slot++) {
        if (packed.firstOf(slot) === undefined) yield slotKey(slot)
        const block = packed.around(slot)
        if (!block || block.first === last || block.first + block.slots > point) continue
        last = block.first
        yield blockKey(block.first, block.slots)
      }
    }
  }
}

/** One behind the last slot of a record, by its key. */
function endOfKey(key: Uint8Array): Slot {
  const parsed = parseKey(key)
  if (parsed.kind === 'block') return parsed.slot + parsed.slots
  return parsed.kind === 'slot' ? parsed.slot + 1 : 0
}
