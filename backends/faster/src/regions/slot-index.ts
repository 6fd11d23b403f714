import { NOWHERE, type Address } from './address.js'

/** Slots per page: 4 KiB each, so that a far-apart slot costs a page and no giant array. */
const PAGE_SLOTS = 512

interface Page {
  readonly addresses: Float64Array
  used: number
}

/** Slot -> address of its newest version, in pages of typed arrays. */
export class SlotIndex {
  readonly #pages = new Map<number, Page>()
  /** Nearly every look-up is on the page of the one before. */
  #lastNumber = -1
  #lastPage: Page | undefined
  #count = 0

  /** Slots that hold something. */
  get count(): number {
    return this.#count
  }

  get(slot: number): Address {
    return this.#page(Math.floor(slot / PAGE_SLOTS))?.addresses[slot % PAGE_SLOTS] ?? NOWHERE
  }

  /** Returns the address that was there before. */
  set(slot: number, address: Address): Address {
    const number = Math.floor(slot / PAGE_SLOTS)
    const page = this.#page(number) ?? (address === NOWHERE ? undefined : this.#addPage(number))
    if (!page) return NOWHERE
    const before = page.addresses[slot % PAGE_SLOTS] ?? NOWHERE
    page.addresses[slot % PAGE_SLOTS] = address
    const change = Number(address !== NOWHERE) - Number(before !== NOWHERE)
    page.used += change
    this.#count += change
    if (page.used === 0) this.#dropPage(number)
    return before
  }

  /**
   * The slots of `from <= slot < to` that hold something, by pages in no order, each page ascending. Slots may be changed
   * while they are walked.
   */
  *entries(from: number, to: number): Generator<readonly [slot: number, address: Address]> {
    for (const [number, page] of [...this.#pages]) {
      const first = number * PAGE_SLOTS
      if (first + PAGE_SLOTS <= from || first >= to) continue
      const end = Math.min(to - first, PAGE_SLOTS)
      for (let at = Math.max(from - first, 0); at < end; at++) {
        const address = page.addresses[at]!
        if (address !== NOWHERE) yield [first + at, address]
      }
    }
  }

  #page(number: number): Page | undefined {
    if (number === this.#lastNumber) return this.#lastPage
    const page = this.#pages.get(number)
    if (page) {
      this.#lastNumber = number
      this.#lastPage = page
    }
    return page
  }

  #addPage(number: number): Page {
    const page = { addresses: new Float64Array(PAGE_SLOTS), used: 0 }
    this.#pages.set(number, page)
    this.#lastNumber = number
    this.#lastPage = page
    return page
  }

  #dropPage(number: number): void {
    this.#pages.delete(number)
    this.#lastNumber = -1
    this.#lastPage = undefined
  }
}
