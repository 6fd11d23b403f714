import type { SealedIndex } from '../sealing/sealed-index.js'
import type { Segment } from '../segments/segment.js'
import { SEGMENT_HEADER_BYTES } from '../segments/segment-header.js'
import type { Steps } from '../turns.js'
import { isDecided, isInRegion, NOWHERE, placeOf, type Address } from './address.js'
import { SlotIndex } from './slot-index.js'

/** In the open index: the slot holds nothing, whatever a sealed index says. No record stands there. */
const GONE: Address = 4

/** What changes beside single slots, for somebody who shares the table: see `threads/`. */
export interface TableWatcher {
  /** What changes until `end` is seen at once. */
  begin(): void
  end(): void
  moved(point: number): void
  /** The sealed index answers from here on. */
  sealed(index: SealedIndex): void
  /** Nothing that counts is in the segment. */
  retired(segment: Segment): void
}

function isPlacedIn({ header: { base }, end }: Segment, address: Address): boolean {
  return !isInRegion(address) && placeOf(address) >= base && placeOf(address) < base + end
}

/** By its number: it may be read from another file by now. */
function isOf({ header: { number } }: Segment): (index: SealedIndex) => boolean {
  return ({ segment }) => segment.header.number === number
}

/**
 * Where the newest version of each slot is. Slots of segments that are not sealed yet are in memory, in the *open index*;
 * everything else is looked up in the indexes of the sealed segments, newest first. The open index outranks them all, and
 * below the point there is nothing.
 */
export class SlotTable {
  #open = new SlotIndex()
  /** Ascending. */
  #sealed: readonly SealedIndex[] = []
  /** No sealed index holds a slot at or above it. */
  #sealedTo = 0
  #point = 0
  #watcher: TableWatcher | undefined

  get point(): number {
    return this.#point
  }

  /** From here on another index is the open one, which holds what `open` holds, and somebody hears of the rest. */
  share(replace: (open: SlotIndex) => SlotIndex, watcher: TableWatcher): void {
    this.#open = replace(this.#open)
    this.#watcher = watcher
  }

  /** Slots in memory, and about how many bytes they take. */
  get open(): { readonly count: number; readonly bytes: number } {
    return this.#open
  }

  get sealed(): readonly SealedIndex[] {
    return this.#sealed
  }

  get(slot: number): Address {
    const own = this.#open.get(slot)
    if (own !== NOWHERE) return own === GONE ? NOWHERE : own
    return slot < this.#sealedTo && slot >= this.#point ? this.#sealedAddress(slot) : NOWHERE
  }

  set(slot: number, address: Address): void {
    if (slot < this.#point) return
    // An older version may come to light with the index of a segment that is sealed later.
    this.#open.set(slot, address === NOWHERE ? GONE : address)
  }

  /** The slots from `from` on get the first `count` of these addresses. */
  setRun(from: number, addresses: Float64Array, count: number): void {
    if (from >= this.#point) return this.#open.setRun(from, addresses, count)
    for (let at = 0; at < count; at++) this.set(from + at, addresses[at]!)
  }

  /** Changes several slots at once: slot and address by turns. */
  setAll(changes: readonly number[]): void {
    if (changes.length > 2) this.#watcher?.begin()
    for (let at = 0; at < changes.length; at += 2) this.set(changes[at]!, changes[at + 1]!)
    if (changes.length > 2) this.#watcher?.end()
  }

  /** Slots below the point hold nothing. */
  dropBelow(point: number): void {
    if (point <= this.#point) return
    this.#watcher?.moved(point)
    this.#open.dropBelow(point)
    this.#point = point
  }

  /** Slots of `from <= slot < to` that hold something, in no order; they may be changed while they are walked. */
  *entries(from: number, to: number): Generator<readonly [slot: number, address: Address]> {
    for (const entry of this.#open.entries(from, to)) if (entry[1] !== GONE) yield entry
    for (const index of this.#sealed) {
      for (const entry of index.entries(Math.max(from, this.#point), to)) {
        if (this.get(entry[0]) === entry[1] && this.#open.get(entry[0]) === NOWHERE) yield entry
      }
    }
  }

  /** Slots whose newest version is in the mutable region, in no order. */
  *inRegion(): Generator<readonly [slot: number, address: Address]> {
    for (const entry of this.#open.entries(0, Number.MAX_SAFE_INTEGER)) if (isInRegion(entry[1])) yield entry
  }

  /**
   * Slots whose newest version stands in the segment: a few per step, or none, in no order. They may be changed while they
   * are walked, and the walk may be left for a while between two steps.
   */
  *liveIn(segment: Segment): Generator<readonly number[]> {
    const { base } = segment.header
    yield* this.#open.placedIn(this.#point, base + SEGMENT_HEADER_BYTES, base + segment.end)
    const index = this.#sealed.find(isOf(segment))
    if (!index) return
    for (const [from, addresses] of index.runs()) {
      const found: number[] = []
      for (let at = Math.max(this.#point - from, 0); at < addresses.length; at++) {
        // Of the slots that only the indexes of sealed segments tell about.
        if (addresses[at] === NOWHERE || this.#open.get(from + at) !== NOWHERE) continue
        if (isPlacedIn(segment, this.get(from + at))) found.push(from + at)
      }
      yield found
    }
  }

  /** How many slots `liveIn` would yield, at most: those of a segment above the point are not looked at one by one. */
  *countLiveIn(segment: Segment): Steps<number> {
    const index = this.#sealed.find(isOf(segment))
    const isWhole = index?.head.end === segment.end
    if (index && isWhole && index.to <= this.#point) return 0
    if (index && isWhole && index.from >= this.#point) return index.count
    let count = 0
    for (const slots of this.liveIn(segment)) {
      count += slots.length
      yield
      // From another file by now: the old one may be closed.
      if (this.#sealed.find(isOf(segment)) !== index) return yield* this.countLiveIn(segment)
    }
    return count
  }

  /**
   * From here on the index answers, where the open one does not. Its segment is the newest sealed one; it may replace what
   * its segment came to when the log was closed.
   */
  addSealed(index: SealedIndex): void {
    const isOfSame = isOf(index.segment)
    this.#sealed = [...this.#sealed.filter((one) => !isOfSame(one)), index]
    this.#sealedTo = Math.max(this.#sealedTo, index.to)
    this.#watcher?.sealed(index)
  }

  /** The index of a segment that is read from another file by now, and says the same. */
  replaceSealed(by: SealedIndex): void {
    const isOfSame = isOf(by.segment)
    this.#sealed = this.#sealed.map((index) => (isOfSame(index) ? by : index))
  }

  /**
   * Forgets what the index of a sealed segment says as well, page by page: `pages` are what it was made of. That a slot is gone
   * is not forgotten, though a discard in that segment may have been what took it: another one may have come since, and
   * what it took be in a segment that is sealed later.
   */
  *forgetSealed(pages: Iterable<readonly [first: number, addresses: Float64Array]>): Steps<void> {
    for (const [from, addresses] of pages) {
      this.#open.forgetRun(from, addresses)
      yield
    }
  }

  /** The segment is retired: nothing that counts is in it. */
  removeSealed(segment: Segment): void {
    const isOfRetired = isOf(segment)
    this.#sealed = this.#sealed.filter((index) => !isOfRetired(index))
    this.#watcher?.retired(segment)
  }

  #sealedAddress(slot: number): Address {
    let isDiscarded = false
    for (let at = this.#sealed.length - 1; at >= 0; at--) {
      const index = this.#sealed[at]!
      const address = index.get(slot)
      if (address !== NOWHERE) return isDiscarded && !isDecided(address) ? NOWHERE : address
      if (index.discards.count > 0 && index.discards.has(slot)) isDiscarded = true
    }
    return NOWHERE
  }
}
