import { SlotPages } from '@persistent-log/core/backend'
import { isInRegion, NOWHERE, type Address } from './address.js'

/** Slots per page: 4 KiB each, so that a far-apart slot costs no giant array. */
const PAGE_SLOTS = 512
const SLOT_MASK = PAGE_SLOTS - 1
/** Up to so many slots of a page are kept one by one: a slot far from all others costs no page either. */
const FEW_SLOTS = 8

interface Page {
  few: Map<number, Address> | undefined
  addresses: Float64Array
  used: number
}

/** Pages are cut from pieces of this many: an allocation each would cost more than what is done with it. */
const PIECE_PAGES = 64
/** So many pages that are empty again are kept to be used again. */
const KEPT_PAGES = 256

const NO_ADDRESSES = new Float64Array(0)

/** Slot -> address of its newest version, in pages of typed arrays. */
export class SlotIndex {
  readonly #pages = new SlotPages<Page>(PAGE_SLOTS)
  readonly #empty: Float64Array[] = []
  #count = 0

  /** Slots that hold something. */
  get count(): number {
    return this.#count
  }

  /** Bytes of the pages, about. */
  get bytes(): number {
    let bytes = 0
    for (const [, { few, addresses }] of this.#pages) {
      bytes += addresses.byteLength + (few?.size ?? 0) * 32
    }
    return bytes
  }

  get(slot: number): Address {
    const page = this.#pages.get(slot)
    if (page === undefined) return NOWHERE
    const at = slot & SLOT_MASK
    return page.few === undefined ? page.addresses[at]! : (page.few.get(at) ?? NOWHERE)
  }

  /** Returns the address that was there before. */
  set(slot: number, address: Address): Address {
    const page = this.#pages.get(slot)
    if (page === undefined || page.few !== undefined) return this.#setFew(page, slot, address)
    const at = slot & SLOT_MASK
    const before = page.addresses[at]!
    page.addresses[at] = address
    if ((address === NOWHERE) !== (before === NOWHERE)) this.#counted(page, slot, address)
    return before
  }

  /** The slots from `from` on get the first `count` of these addresses, none of which is `NOWHERE`. */
  setRun(from: number, addresses: Float64Array, count: number): void {
    for (let done = 0; done < count;) {
      const slot = from + done
      const at = slot & SLOT_MASK
      const length = Math.min(PAGE_SLOTS - at, count - done)
      this.#setInPage(this.#pages.get(slot) ?? this.#addPage(slot), at, addresses, done, length)
      done += length
    }
  }

  /** Of the slots from `from` on, those that hold just these addresses hold nothing any more. */
  forgetRun(from: number, addresses: Float64Array): void {
    const count = addresses.length
    for (let done = 0; done < count;) {
      const slot = from + done
      const at = slot & SLOT_MASK
      const length = Math.min(PAGE_SLOTS - at, count - done)
      const page = this.#pages.get(slot)
      if (page?.few) {
        for (let next = done; next < done + length; next++) this.forget(from + next, addresses[next]!)
      } else if (page) this.#forgetInPage(page, slot, addresses, done, length)
      done += length
    }
  }

  /** The slot holds nothing any more where it holds just this address. */
  protected forget(slot: number, address: Address): void {
    if (address !== NOWHERE && this.get(slot) === address) this.set(slot, NOWHERE)
  }

  /**
   * The slots of `from <= slot < to` that hold something, by pages in no order, each page ascending. Slots may be changed
   * while they are walked.
   */
  *entries(from: number, to: number): Generator<readonly [slot: number, address: Address]> {
    for (const [first, page] of [...this.#pages]) {
      if (first + PAGE_SLOTS <= from || first >= to) continue
      yield* pageEntries(page, first, from, to)
    }
  }

  /** The slots below the point hold nothing any more. Whole pages go at once. */
  dropBelow(point: number): void {
    for (const [first, { used }] of [...this.#pages]) {
      if (first + PAGE_SLOTS <= point) {
        this.#count -= used
        this.#dropPage(first)
      } else if (first < point) for (let slot = first; slot < point; slot++) this.set(slot, NOWHERE)
    }
  }

  /**
   * The slots at or above `slot` whose newest version is in the tail, at a position in `from <= it < to`: those of a page
   * per step, which may be none, in no order. Slots may be changed while they are walked.
   */
  *placedIn(slot: number, from: number, to: number): Generator<readonly number[]> {
    const isInside = (address: Address): boolean => !isInRegion(address) && address >= from && address < to
    for (const [first, page] of [...this.#pages]) {
      const found: number[] = []
      const skipped = Math.max(slot - first, 0)
      if (page.few) {
        for (const [at, address] of page.few) if (at >= skipped && isInside(address)) found.push(first + at)
      } else {
        const { addresses } = page
        for (let at = skipped; at < addresses.length; at++)
          if (isInside(addresses[at]!)) found.push(first + at)
      }
      yield found
    }
  }

  /** All pages, ascending: the first slot of each, and an address per slot. What is handed out must not be changed. */
  *pages(): Generator<readonly [first: number, addresses: Float64Array]> {
    for (const [first, { few, addresses }] of [...this.#pages].sort(([a], [b]) => a - b)) {
      yield [first, few ? expand(few, new Float64Array(PAGE_SLOTS)) : addresses]
    }
  }

  #setInPage(page: Page, at: number, source: Float64Array, from: number, length: number): void {
    if (page.few !== undefined && length > FEW_SLOTS) {
      page.addresses = expand(page.few, this.#newAddresses())
      page.few = undefined
    }
    let added = 0
    for (let index = 0; index < length; index++) {
      const { few } = page
      const address = source[from + index]!
      const before = few === undefined ? page.addresses[at + index]! : (few.get(at + index) ?? NOWHERE)
      if (before === NOWHERE) added++
      if (few === undefined) page.addresses[at + index] = address
      else this.#putFew(page, few, at + index, address)
    }
    page.used += added
    this.#count += added
  }

  #forgetInPage(page: Page, slot: number, source: Float64Array, from: number, length: number): void {
    const { addresses } = page
    const at = slot & SLOT_MASK
    let forgotten = 0
    for (let index = 0; index < length; index++) {
      const address = source[from + index]!
      if (address === NOWHERE || addresses[at + index] !== address) continue
      addresses[at + index] = NOWHERE
      forgotten++
    }
    page.used -= forgotten
    this.#count -= forgotten
    if (page.used === 0) this.#dropPage(slot)
  }

  /** Where there is no page yet, or one of few slots. */
  #setFew(known: Page | undefined, slot: number, address: Address): Address {
    if (known === undefined && address === NOWHERE) return NOWHERE
    const page = known ?? this.#addPage(slot)
    const few = page.few!
    const at = slot & SLOT_MASK
    const before = few.get(at) ?? NOWHERE
    this.#putFew(page, few, at, address)
    if ((address === NOWHERE) !== (before === NOWHERE)) this.#counted(page, slot, address)
    return before
  }

  /** The slot of the page holds something now, or nothing any more. */
  #counted(page: Page, slot: number, address: Address): void {
    const change = address === NOWHERE ? -1 : 1
    page.used += change
    this.#count += change
    if (page.used === 0) this.#dropPage(slot)
  }

  #addPage(slot: number): Page {
    return this.#pages.add(slot, { few: new Map(), addresses: NO_ADDRESSES, used: 0 })
  }

  #putFew(page: Page, few: Map<number, Address>, at: number, address: Address): void {
    if (address === NOWHERE) few.delete(at)
    else few.set(at, address)
    if (few.size <= FEW_SLOTS) return
    page.addresses = expand(few, this.#newAddresses())
    page.few = undefined
  }

  #newAddresses(): Float64Array {
    if (this.#empty.length === 0) {
      const piece = new Float64Array(PAGE_SLOTS * PIECE_PAGES)
      for (let at = piece.length; at > 0; at -= PAGE_SLOTS)
        this.#empty.push(piece.subarray(at - PAGE_SLOTS, at))
    }
    return this.#empty.pop()!
  }

  #dropPage(slot: number): void {
    const page = this.#pages.get(slot)
    if (page && page.addresses.length > 0) {
      if (this.#empty.length < KEPT_PAGES) this.#empty.push(page.addresses.fill(NOWHERE))
      // Whoever walks the page must not come upon what is put there next.
      page.addresses = NO_ADDRESSES
    }
    this.#pages.delete(slot)
  }
}

function expand(few: ReadonlyMap<number, Address>, addresses: Float64Array): Float64Array {
  for (const [at, address] of few) addresses[at] = address
  return addresses
}

function* pageEntries(
  page: Page,
  first: number,
  from: number,
  to: number,
): Generator<readonly [slot: number, address: Address]> {
  if (page.few) {
    for (const [at, address] of [...page.few].sort(([a], [b]) => a - b)) {
      if (first + at >= from && first + at < to) yield [first + at, address]
    }
    return
  }
  const end = Math.min(to - first, PAGE_SLOTS)
  for (let at = Math.max(from - first, 0); at < end; at++) {
    const address = page.addresses[at] ?? NOWHERE
    if (address !== NOWHERE) yield [first + at, address]
  }
}
