import type { Slot } from '../../contract/slot.js'

/**
 * What is known of slots, in pages of so many slots each (a power of two), which come and go: slots far apart cost a page
 * each, and no giant array. What a page is, and what stands where in it, is its owner's.
 */
export class SlotPages<Page extends object> {
  readonly #slots: number
  readonly #pages = new Map<number, Page>()
  /** Nearly every look-up is on the page of the one before; its first slot says so without a division. */
  #lastFirst: Slot
  #lastPage: Page | undefined

  constructor(slots: number) {
    this.#slots = slots
    this.#lastFirst = -slots
  }

  get size(): number {
    return this.#pages.size
  }

  /** The page of a slot. */
  get(slot: Slot): Page | undefined {
    const first = this.#lastFirst
    if (slot >= first && slot < first + this.#slots) return this.#lastPage
    return this.#find(slot)
  }

  /** Becomes the page of this slot and its neighbours, and is returned. */
  add(slot: Slot, page: Page): Page {
    const number = this.#numberOf(slot)
    this.#pages.set(number, page)
    this.#remember(number, page)
    return page
  }

  /** The slot and its neighbours have no page any more. */
  delete(slot: Slot): void {
    this.#pages.delete(this.#numberOf(slot))
    this.#lastFirst = -this.#slots
    this.#lastPage = undefined
  }

  /** The first slot of each page, and the page, in the order in which they came. */
  *[Symbol.iterator](): Generator<readonly [first: Slot, page: Page]> {
    for (const [number, page] of this.#pages) yield [number * this.#slots, page]
  }

  #find(slot: Slot): Page | undefined {
    const number = this.#numberOf(slot)
    const page = this.#pages.get(number)
    if (page) this.#remember(number, page)
    return page
  }

  #numberOf(slot: Slot): number {
    return Math.floor(slot / this.#slots)
  }

  #remember(number: number, page: Page): void {
    this.#lastFirst = number * this.#slots
    this.#lastPage = page
  }
}
