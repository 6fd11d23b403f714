import type { Slot } from '../../contract/slot.js'
import { SlotPages } from '../engine/slot-pages.js'
import { MOST_BLOCK_SLOTS } from './key-layout.js'

/** Slots of one page: 8 KiB of bits. */
const PAGE_SLOTS = 32_768
const SLOT_MASK = PAGE_SLOTS - 1
/** Words of a page that say where blocks begin; as many behind them say where they end. */
const WORDS = PAGE_SLOTS / 32

/** A block by its key. */
export interface Block {
  readonly first: Slot
  readonly slots: number
}

/**
 * Which slots lie in blocks, and in which: two bits each, and none where there are no blocks. Blocks never overlap.
 *
 * A decision that is repaired gets a record of its own, which counts instead of what the block holds.
 */
export class PackedSlots {
  readonly #pages = new SlotPages<Int32Array>(PAGE_SLOTS)
  /** Slots in a block that have a record of their own; very few. */
  readonly #own = new Set<Slot>()

  add({ first, slots }: Block): void {
    const last = first + slots - 1
    this.#pageOf(first)[wordOf(first)]! |= 1 << (first & 31)
    this.#pageOf(last)[WORDS + wordOf(last)]! |= 1 << (last & 31)
  }

  /** The first slot of the block whose decision counts for this slot; `undefined` when it is in none, or has its own record. */
  firstOf(slot: Slot): Slot | undefined {
    const first = this.#covering(slot)
    return first === undefined || (this.#own.size > 0 && this.#own.has(slot)) ? undefined : first
  }

  /** The block that begins at this slot. */
  from(first: Slot): Block {
    return { first, slots: this.#lastFrom(first) - first + 1 }
  }

  /** The block that holds this slot, whether or not it has its own record. */
  around(slot: Slot): Block | undefined {
    const first = this.#covering(slot)
    return first === undefined ? undefined : this.from(first)
  }

  /**
   * From now on this slot has a record of its own. Returns the block around it where none of its slots counts any more, those
   * below the point included: then it is forgotten here, and its record is of no use.
   */
  giveOwnRecord(slot: Slot, point: Slot): Block | undefined {
    const block = this.around(slot)
    if (!block) return undefined
    this.#own.add(slot)
    if (!this.isSpent(block, point)) return undefined
    const { first, slots } = block
    const last = first + slots - 1
    for (let other = first; other <= last; other++) this.#own.delete(other)
    this.#pageOf(first)[wordOf(first)]! &= ~(1 << (first & 31))
    this.#pageOf(last)[WORDS + wordOf(last)]! &= ~(1 << (last & 31))
    return block
  }

  /** Every slot of the block is below the point or has a record of its own. */
  isSpent({ first, slots }: Block, point: Slot): boolean {
    for (let slot = Math.max(first, point); slot < first + slots; slot++) {
      if (!this.#own.has(slot)) return false
    }
    return true
  }

  /** Blocks that end below the point are gone; nobody asks for them again, so that only their memory counts. */
  forgetBelow(point: Slot): void {
    for (const [first] of [...this.#pages]) {
      // A block may reach into the next page.
      if (first + PAGE_SLOTS + MOST_BLOCK_SLOTS <= point) this.#pages.delete(first)
    }
    for (const slot of this.#own) if (slot + MOST_BLOCK_SLOTS <= point) this.#own.delete(slot)
  }

  /** Where the last block begins that begins at or below the slot, unless it ends before. */
  #covering(slot: Slot): Slot | undefined {
    if (this.#pages.size === 0) return undefined
    const lowest = Math.max(0, slot - (MOST_BLOCK_SLOTS - 1))
    for (let at = slot; at >= lowest; at -= (at & 31) + 1) {
      const page = this.#pages.get(at)
      // Bits above `at` fall out at the top.
      const bits = page ? page[wordOf(at)]! << (31 - (at & 31)) : 0
      if (bits === 0) continue
      const first = at - Math.clz32(bits)
      return first >= lowest && this.#lastFrom(first) >= slot ? first : undefined
    }
    return undefined
  }

  /** The last slot of the block that begins here. */
  #lastFrom(first: Slot): Slot {
    for (let at = first; at < first + MOST_BLOCK_SLOTS; at += 32 - (at & 31)) {
      const page = this.#pages.get(at)
      const bits = page ? page[WORDS + wordOf(at)]! >>> (at & 31) : 0
      // In brackets, for `at + 31` may be no safe integer.
      if (bits !== 0) return at + (31 - Math.clz32(bits & -bits))
    }
    return -1
  }

  #pageOf(slot: Slot): Int32Array {
    return this.#pages.get(slot) ?? this.#pages.add(slot, new Int32Array(2 * WORDS))
  }
}

const wordOf = (slot: Slot): number => (slot & SLOT_MASK) >>> 5
