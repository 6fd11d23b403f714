import type { Ballot } from '../../contract/ballot.js'
import type { Slot } from '../../contract/slot.js'
import { SlotPages } from './slot-pages.js'

/** Slots per page. A page is dropped with its last slot, so a far-apart slot costs one page of 6 KiB. */
const PAGE_SLOTS = 256
const SLOT_MASK = PAGE_SLOTS - 1
/** Marks an empty place; no proposal has fewer than 0 bytes. */
const EMPTY = -1

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
  readonly #pages = new SlotPages<Page>(PAGE_SLOTS)
  /** The page that is empty and kept: a short pipeline empties its page over and over, then goes on to the next. */
  #empty: Page | undefined
  /** A slot of that page. */
  #emptyAt: Slot = 0

  constructor(from?: AcceptedSlots) {
    if (!from) return
    for (const [first, { rounds, nodeIds, bytes, used }] of from.#pages) {
      this.#pages.add(first, {
        rounds: rounds.slice(),
        nodeIds: nodeIds.slice(),
        bytes: bytes.slice(),
        used,
      })
    }
  }

  /** A ballot of the caller's own; `undefined` where nothing is accepted. */
  ballot(slot: Slot): Ballot | undefined {
    const page = this.#pages.get(slot)
    const at = slot & SLOT_MASK
    if (!page || page.bytes[at] === EMPTY) return undefined
    return { round: page.rounds[at]!, nodeId: page.nodeIds[at]! }
  }

  /** Bytes of value and proof; `undefined` where nothing is accepted. */
  bytes(slot: Slot): number | undefined {
    const bytes = this.#pages.get(slot)?.bytes[slot & SLOT_MASK]
    return bytes === EMPTY ? undefined : bytes
  }

  /** True when the proposal of the slot has this ballot: like `ballot`, without an object. */
  has(slot: Slot, { round, nodeId }: Ballot): boolean {
    const page = this.#pages.get(slot)
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
    const page = this.#pages.get(slot) ?? this.#addPage(slot)
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
    const page = this.#pages.get(slot)
    const at = slot & SLOT_MASK
    const before = page?.bytes[at]
    if (!page || before === EMPTY) return undefined
    page.bytes[at] = EMPTY
    if (--page.used === 0 && page !== this.#empty) this.#keepEmpty(slot, page)
    return before
  }

  #addPage(slot: Slot): Page {
    const page = this.#takeEmpty() ?? {
      rounds: new Float64Array(PAGE_SLOTS),
      nodeIds: new Float64Array(PAGE_SLOTS),
      bytes: new Float64Array(PAGE_SLOTS).fill(EMPTY),
      used: 0,
    }
    return this.#pages.add(slot, page)
  }

  /** An empty page that is used again meanwhile is not kept any more. */
  #takeEmpty(): Page | undefined {
    const page = this.#empty
    this.#empty = undefined
    if (page?.used !== 0) return undefined
    this.#pages.delete(this.#emptyAt)
    return page
  }

  /** At most one empty page stays. */
  #keepEmpty(slot: Slot, page: Page): void {
    this.#takeEmpty()
    this.#empty = page
    this.#emptyAt = slot
  }
}
