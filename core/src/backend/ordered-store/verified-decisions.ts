import type { Slot } from '../../contract/slot.js'
import { SlotPages } from '../engine/slot-pages.js'

/** Slots of one page: 4 KiB of bits. */
const PAGE_SLOTS = 32_768
const SLOT_MASK = PAGE_SLOTS - 1

/** 4 MiB of bits; a page that is forgotten for another costs its decisions one more checksum each. */
const MOST_PAGES = 1_024

/**
 * Which decisions were verified by a read since the log was opened: a bit each, and none for slots that nobody reads. A
 * decided record is never written again, so that to sum its bytes at every read would tell only of what has rotted since,
 * which `verify` tells of too, and cost more than all the rest of the read.
 *
 * Proposals are not in it: a commit seals their bytes anew, and must not seal rot.
 */
export class VerifiedDecisions {
  readonly #pages = new SlotPages<Int32Array>(PAGE_SLOTS)

  has(slot: Slot): boolean {
    const page = this.#pages.get(slot)
    return page !== undefined && (page[(slot & SLOT_MASK) >>> 5]! & (1 << (slot & 31))) !== 0
  }

  add(slot: Slot): void {
    const page = this.#pages.get(slot) ?? this.#addPage(slot)
    page[(slot & SLOT_MASK) >>> 5]! |= 1 << (slot & 31)
  }

  /** Its next read verifies it once more. */
  delete(slot: Slot): void {
    const page = this.#pages.get(slot)
    if (page) page[(slot & SLOT_MASK) >>> 5]! &= ~(1 << (slot & 31))
  }

  #addPage(slot: Slot): Int32Array {
    if (this.#pages.size >= MOST_PAGES) {
      const [oldest] = this.#pages
      this.#pages.delete(oldest![0])
    }
    return this.#pages.add(slot, new Int32Array(PAGE_SLOTS / 32))
  }
}
