import type { Ballot } from '../../contract/ballot.js'
import type { Slot } from '../../contract/slot.js'

/** Slots per page. A page is dropped with its last slot, so a far-apart slot costs one page of 6 KiB. */
const PAGE_SLOTS = 256
const SLOT_MASK = PAGE_SLOTS - 1
/** Marks an empty place; no proposal has fewer than 0 bytes. */
const EMPTY = -1

const NO_PAGE = -PAGE_SLOTS

interface Page {
  readonly rounds: Float64Array
  readonly nodeIds: Float64Array
  /** Of value and proof, or `EMPTY`. */
  readonly bytes: Float64Array
  used: number
}

/**
 * The ballot and the size of each undecided proposal, in pages of typed arrays: every accept and every commit comes by
 * here, and an object per slot would cost more than the rest of the way.
 */
export class AcceptedSlots {
  readonly #pages = new Map<number, Page>()
  /**
   * The number of a page that is empty and kept: a short pipeline empties its page over and over, then goes on to the
   * next.
   */
  #empty = NO_PAGE
  /** Nearly every look-up is on the page of the one before; its first slot says so without a division. */
  #lastFirst = NO_PAGE
  #lastPage: Page | undefined

  constructor(from?: AcceptedSlots) {
    if (!from) return
    for (const [number, { rounds, nodeIds, bytes, used }] of from.#pages) {
      this.#pages.set(number, {
        rounds: rounds.slice(),
        nodeIds: nodeIds.slice(),
        bytes: bytes.slice(),
        used,
      })
    }
  }

  /** A ballot of the caller's own; `undefined` where nothing is accepted. */
  ballot(slot: Slot): Ballot | undefined {
    const page = this.#page(slot)
    const at = slot & SLOT_MASK
    if (!page || page.bytes[at] === EMPTY) return undefined
    return { round: page.rounds[at]!, nodeId: page.nodeIds[at]! }
  }

  /** Bytes of value and proof; `undefined` where nothing is accepted. */
  bytes(slot: Slot): number | undefined {
    const bytes = this.#page(slot)?.bytes[slot & SLOT_MASK]
    return bytes === EMPTY ? undefined : bytes
  }

  /** True when the proposal of the slot has this ballot: like `ballot`, without an object. */
  has(slot: Slot, { round, nodeId }: Ballot): boolean {
    const page = this.#page(slot)
    const at = slot & SLOT_MASK
    return (
      page !== undefined &&
      page.bytes[at] !== EMPTY &&
      page.rounds[at] === round &&
      page.nodeIds[at] === nodeId
    )
  }

  /** Returns the bytes of the proposal that it replaces; `undefined` when there was none. */
  set(slot: Slot, ballot: Ballot, bytes: number): number | undefined {
    const page = this.#page(slot) ?? this.#addPage(slot)
    const at = slot & SLOT_MASK
    const before = page.bytes[at]!
    page.rounds[at] = ballot.round
    page.nodeIds[at] = ballot.nodeId
    page.bytes[at] = bytes
    if (before !== EMPTY) return before
    page.used++
    return undefined
  }

  /** Returns the bytes of the proposal that was there; `undefined` when there was none. */
  delete(slot: Slot): number | undefined {
    const page = this.#page(slot)
    const at = slot & SLOT_MASK
    const before = page?.bytes[at]
    if (!page || before === EMPTY) return undefined
    page.bytes[at] = EMPTY
    if (--page.used === 0) this.#keepEmpty(Math.floor(slot / PAGE_SLOTS))
    return before
  }

  #page(slot: Slot): Page | undefined {
    const first = this.#lastFirst
    if (slot >= first && slot < first + PAGE_SLOTS) return this.#lastPage
    return this.#otherPage(slot)
  }

  #otherPage(slot: Slot): Page | undefined {
    const number = Math.floor(slot / PAGE_SLOTS)
    const page = this.#pages.get(number)
    if (page) this.#remember(number, page)
    return page
  }

  #remember(number: number, page: Page | undefined): void {
    this.#lastFirst = page ? number * PAGE_SLOTS : NO_PAGE
    this.#lastPage = page
  }

  #addPage(slot: Slot): Page {
    const number = Math.floor(slot / PAGE_SLOTS)
    const page = this.#takeEmpty() ?? {
      rounds: new Float64Array(PAGE_SLOTS),
      nodeIds: new Float64Array(PAGE_SLOTS),
      bytes: new Float64Array(PAGE_SLOTS).fill(EMPTY),
      used: 0,
    }
    this.#pages.set(number, page)
    this.#remember(number, page)
    return page
  }

  /** An empty page that is used again meanwhile is not kept any more. */
  #takeEmpty(): Page | undefined {
    const page = this.#pages.get(this.#empty)
    const number = this.#empty
    this.#empty = NO_PAGE
    if (page?.used !== 0) return undefined
    this.#pages.delete(number)
    if (this.#lastPage === page) this.#remember(NO_PAGE, undefined)
    return page
  }

  /** At most one empty page stays. */
  #keepEmpty(number: number): void {
    if (number === this.#empty) return
    this.#takeEmpty()
    this.#empty = number
  }
}
