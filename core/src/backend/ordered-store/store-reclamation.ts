import type { Slot, SlotRange } from '../../contract/slot.js'
import type { SlotRanges } from '../engine/slot-ranges.js'
import { blockKey, parseKey, slotKey, slotKeyRange } from './key-layout.js'
import type { OrderedStore, StoreOperation, StorePair } from './ordered-store.js'
import { pagesOf } from './store-paging.js'
import type { StoreState } from './store-state.js'

/** Keys that one batch deletes. */
const KEYS_PER_BATCH = 1_000

/** What a reclamation works with. */
export interface StoreReclamationParts {
  readonly store: OrderedStore
  readonly state: StoreState
  /** Puts operations into the order of all writes. */
  readonly write: (operations: readonly StoreOperation[]) => Promise<void>
  /** Slots below the point whose records are still there. */
  readonly belowPoint: SlotRanges
  /** There may be more below it, of which nobody knows which slots they hold. */
  readonly sweepBelowPoint: boolean
}

/** Deletes what lies below the point in bounded batches; what a crash leaves of it goes at the next open. */
export class StoreReclamation {
  readonly #parts: StoreReclamationParts
  /** A compaction passed damaged slots, or was cut off: nobody knows which slots below the point left a record. */
  #sweeps: boolean
  #running: Promise<void> = Promise.resolve()

  constructor(parts: StoreReclamationParts) {
    this.#parts = parts
    this.#sweeps = parts.sweepBelowPoint
  }

  /** The point is going to move here; the books still tell what is below. */
  remember(before: Slot): void {
    const { belowPoint, state } = this.#parts
    const { decided, accepted, damaged } = state.ledger
    for (const held of [decided, accepted]) {
      for (const { from, to } of held.ranges(0, before)) belowPoint.add(from, to)
    }
    if (damaged.countIn(0, before) > 0) this.#sweeps = true
  }

  run(): Promise<void> {
    const running = this.#running.then(() => this.#run())
    // The next call waits for this one, whose caller hears of its failure.
    this.#running = running.catch(() => undefined)
    return running
  }

  async #run(): Promise<void> {
    const { store, state, write, belowPoint } = this.#parts
    const { point } = state.ledger
    if (belowPoint.count === 0 && !this.#sweeps) return
    const ranges = [...belowPoint.ranges()]
    belowPoint.remove(0, point)
    let operations: StoreOperation[] = []
    for (const key of this.#keysOf(ranges, point)) {
      operations.push({ key })
      if (operations.length < KEYS_PER_BATCH) continue
      await write(operations)
      operations = []
    }
    if (operations.length > 0) await write(operations)
    state.packed.forgetBelow(point)
    const below = slotKeyRange(0, point)
    if (this.#sweeps) {
      this.#sweeps = false
      const isBelow = ({ key }: StorePair): boolean => endOfKey(key) <= point
      for await (const page of pagesOf(store, below))
        await write(page.filter(isBelow).map(({ key }) => ({ key })))
    }
    await store.reclaim?.(below.from, below.to)
  }

  /** The keys of what these slots hold. A block that holds a slot above the point stays until the point has passed that. */
  *#keysOf(ranges: readonly SlotRange[], point: Slot): Generator<Uint8Array> {
    const { packed } = this.#parts.state
    let last: Slot | undefined
    for (const { from, to } of ranges) {
      for (let slot = from; slot < to; slot++) {
        if (packed.firstOf(slot) === undefined) yield slotKey(slot)
        const block = packed.around(slot)
        if (!block || block.first === last || !packed.isSpent(block, point)) continue
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
