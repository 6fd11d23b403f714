import type { Slot } from '../../contract/slot.js'

/** Slots of one page: 4 KiB of bits. */
const PAGE_SLOTS = 32_768
const SLOT_MASK = PAGE_SLOTS - 1

/** 4 MiB of bits; a page that is forgotten for another costs its decisions one more checksum each. */
const MOST_PAGES = 1_024

const NO_PAGE = -PAGE_SLOTS

/**
 * Which decisions were verified by a read since the log was opened: a bit each, and none for slots that nobody reads. A
 * decided record is never written again, so that to sum its bytes at every read would tell only of what has rotted since,
 * which `verify` tells of too, and cost more than all the rest of the read.
 *
 * Proposals are not in it: a commit seals their bytes anew, and must not seal rot.
 */
export class VerifiedDecisions {
  readonly #pages = new Map<number, Int32Array>()
  /** Nearly every look-up is on the page of the one before; its first slot says so without a division. */
  #lastFirst = NO_PAGE
  #lastPage: Int32Array | undefined

  has(slot: Slot): boolean {
    this.#turnTo(slot)
    const page = this.#lastPage
    return page !== undefined && (page[(slot & SLOT_MASK) >>> 5]! & (1 << (slot & 31))) !== 0
  }

  add(slot: Slot): void {
    this.#turnTo(slot)
    const page = this.#lastPage ?? this.#addPage(Math.floor(slot / PAGE_SLOTS))
    page[(slot & SLOT_MASK) >>> 5]! |= 1 << (slot & 31)
  }

  /** Its next read verifies it once more. */
  delete(slot: Slot): void {
    if (this.has(slot)) this.#lastPage![(slot & SLOT_MASK) >>> 5]! &= ~(1 << (slot & 31))
  }

  #turnTo(slot: Slot): void {
    const first = this.#lastFirst
    if (slot >= first && slot < first + PAGE_SLOTS) return
    const number = Math.floor(slot / PAGE_SLOTS)
    this.#lastFirst = number * PAGE_SLOTS
    this.#lastPage = this.#pages.get(number)
  }

  #addPage(number: number): Int32Array {
    if (this.#pages.size >= MOST_PAGES) {
      const [oldest] = this.#pages.keys()
      this.#pages.delete(oldest!)
    }
    const page = new Int32Array(PAGE_SLOTS / 32)
    this.#pages.set(number, page)
    this.#lastPage = page
    return page
  }
}
