import type { Ballot } from '../../contract/ballot.js'
import type { Slot, SlotRange } from '../../contract/slot.js'
import { SlotPages } from './slot-pages.js'

/** Slots per page. A page is dropped with its last slot, so a far-apart slot costs one page of 2 KiB. */
const PAGE_SLOTS = 256
const SLOT_MASK = PAGE_SLOTS - 1
/** Marks an empty place; no proposal has fewer than 0 bytes. */
const EMPTY = -1

interface Page {
  /** What all proposals of the page have, where they are not told apart. */
  round: number
  nodeId: number
  /** Made when two of them differ; a leader proposes under one ballot. */
  rounds: Float64Array | undefined
  nodeIds: Float64Array | undefined
  /** Of value and proof, or `EMPTY`. */
  readonly bytes: Float64Array
  used: number
}

/** Undecided slots that follow each other and have one ballot. */
export interface AcceptedPiece extends SlotRange {
  readonly ballot: Ballot
  /** Of value and proof, of each of them; a view until the next change. */
  readonly bytes: Float64Array
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
    for (const [first, page] of from.#pages) {
      const { rounds, nodeIds, bytes } = page
      const copies = { rounds: rounds?.slice(), nodeIds: nodeIds?.slice(), bytes: bytes.slice() }
      this.#pages.add(first, { ...page, ...copies })
    }
  }

  /** A ballot of the caller's own; `undefined` where nothing is accepted. */
  ballot(slot: Slot): Ballot | undefined {
    const page = this.#pages.get(slot)
    const at = slot & SLOT_MASK
    return page && page.bytes[at] !== EMPTY ? ballotAt(page, at) : undefined
  }

  /** Bytes of value and proof; `undefined` where nothing is accepted. */
  bytes(slot: Slot): number | undefined {
    const bytes = this.#pages.get(slot)?.bytes[slot & SLOT_MASK]
    return bytes === EMPTY ? undefined : bytes
  }

  /** True when the proposal of the slot has this ballot: like `ballot`, without an object. */
  has(slot: Slot, ballot: Ballot): boolean {
    const page = this.#pages.get(slot)
    const at = slot & SLOT_MASK
    return page !== undefined && page.bytes[at] !== EMPTY && isOf(page, at, ballot)
  }

  /** What stands in `from <= slot < to`, all of which are accepted, in order: a piece ends with its page at the latest. */
  *pieces({ from, to }: SlotRange): Generator<AcceptedPiece> {
    for (let first = from; first < to;) {
      const page = this.#pages.get(first)
      if (!page) throw new Error(`slot ${first} is not accepted`)
      const at = first & SLOT_MASK
      const ballot = ballotAt(page, at)
      const most = Math.min(PAGE_SLOTS, at + to - first)
      let end = page.rounds ? at + 1 : most
      while (end < most && isOf(page, end, ballot)) end++
      yield { from: first, to: first + end - at, ballot, bytes: page.bytes.subarray(at, end) }
      first += end - at
    }
  }

  /** Returns the bytes of the proposal that it replaces; `undefined` when there was none. */
  set(slot: Slot, ballot: Ballot, bytes: number): number | undefined {
    const page = this.#pages.get(slot) ?? this.#addPage(slot)
    const at = slot & SLOT_MASK
    const before = page.bytes[at]!
    if (page.rounds || page.round !== ballot.round || page.nodeId !== ballot.nodeId)
      setBallot(page, at, ballot)
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
      round: 0,
      nodeId: 0,
      rounds: undefined,
      nodeIds: undefined,
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

function ballotAt({ round, nodeId, rounds, nodeIds }: Page, at: number): Ballot {
  return rounds && nodeIds ? { round: rounds[at]!, nodeId: nodeIds[at]! } : { round, nodeId }
}

function isOf(page: Page, at: number, { round, nodeId }: Ballot): boolean {
  const { rounds, nodeIds } = page
  return rounds && nodeIds
    ? rounds[at] === round && nodeIds[at] === nodeId
    : page.round === round && page.nodeId === nodeId
}

/** Of a page that is empty, or whose proposals are told apart from now on. */
function setBallot(page: Page, at: number, { round, nodeId }: Ballot): void {
  if (page.used === 0) {
    page.round = round
    page.nodeId = nodeId
    page.rounds = page.nodeIds = undefined
    return
  }
  page.rounds ??= new Float64Array(PAGE_SLOTS).fill(page.round)
  page.nodeIds ??= new Float64Array(PAGE_SLOTS).fill(page.nodeId)
  page.rounds[at] = round
  page.nodeIds[at] = nodeId
}
