import {
  raise,
  type OwnerCalls,
  type Seat,
  type SharedProgress,
  type StoredEntry,
} from '@persistent-log/core/backend'
import { NOWHERE, type Address } from '../regions/address.js'
import type { AttachedSegments } from './attached-segments.js'
import type { IndexReader } from './index-reader.js'

/** Only the owner can tell: the log holds damage, or more slots than its shared index has room for. */
export const ASK_OWNER = Symbol('ask the owner')

/** No address is negative. */
const NONE = -1

/** What a thread reads with. */
export interface ReadParts {
  readonly owner: OwnerCalls
  readonly seat: Seat
  readonly progress: SharedProgress
  readonly index: IndexReader
  readonly segments: AttachedSegments
}

/**
 * Reads of decisions in memory and files that the owner goes on changing, without a lock.
 *
 * A slot is looked up, then what stands at its address is read; in between it may have moved (from the region to the tail,
 * from a segment that is retired into a newer one). Then what was read is not whole or not the slot's, and it is looked up
 * again. It is where it is going to before it leaves where it was: so an address that leads nowhere twice is damage.
 */
export class SharedReads {
  readonly #parts: ReadParts
  /** A borrowed read may read again: the seat stays pinned until the outermost is done. */
  #depth = 0

  constructor(parts: ReadParts) {
    this.#parts = parts
  }

  /** Lends the entry of a slot to `use`; `undefined` when the slot is undecided. Damage is thrown. */
  find<T>(operation: string, slot: number, use: (entry: StoredEntry) => T): T | undefined | typeof ASK_OWNER {
    return this.#pinned(() => {
      const { owner, progress, segments } = this.#parts
      let last = NONE
      for (;;) {
        owner.check(operation)
        if (slot < progress.point) throw raise.compacted(slot, progress.point)
        const { contiguousTo } = progress
        const address = this.#address(slot)
        const entry = address === NOWHERE ? undefined : segments.entry(address, slot)
        if (entry) return use(entry)
        if (address === NOWHERE) {
          if (this.#mustAsk) return ASK_OWNER
          if (slot >= contiguousTo) return undefined
        }
        if (address === last) throw raise.damagedSlot(slot)
        last = address
      }
    })
  }

  /** The first slot of `from <= slot < to` that is decided; `undefined` where there is none. */
  firstDecided(from: number, to: number): number | undefined | typeof ASK_OWNER {
    return this.#pinned(() => {
      const { progress, index, segments } = this.#parts
      if (from < Math.min(progress.contiguousTo, to)) return from
      for (;;) {
        const first = this.#sync()
        const open = index.firstFrom(from)
        segments.sealTo(index.sealed)
        const found = segments.firstSealedFrom(from, Math.min(open ?? to, to)) ?? open
        if (this.#mustAsk) return ASK_OWNER
        if (index.firstSegment === first) return found !== undefined && found < to ? found : undefined
      }
    })
  }

  /** Lets go of what the owner gave up, unless it is being looked at. */
  letGo(): void {
    if (this.#depth === 0) this.#pinned(() => this.#sync())
  }

  get #mustAsk(): boolean {
    return this.#parts.index.isIncomplete || !this.#parts.segments.isComplete
  }

  /**
   * The open index first, then the sealed ones: a slot leaves the one after the other was said to answer. A slot goes the
   * other way only while a segment is retired; then it is looked up once more.
   */
  #address(slot: number): Address {
    const { index, segments } = this.#parts
    for (;;) {
      const first = this.#sync()
      const open = index.get(slot)
      if (open !== NOWHERE) return open
      segments.sealTo(index.sealed)
      const sealed = segments.sealedAddress(slot)
      if (sealed !== NOWHERE || index.firstSegment === first) return sealed
    }
  }

  /** What is retired is not touched from here on; views that an outer read has lent stay until it is done. */
  #sync(): number {
    const { index, segments } = this.#parts
    const first = index.firstSegment
    if (this.#depth === 1) segments.retireBefore(first)
    return first
  }

  #pinned<T>(body: () => T): T {
    const { seat } = this.#parts
    if (this.#depth++ === 0) seat.pin()
    try {
      return body()
    } finally {
      if (--this.#depth === 0) seat.unpin()
    }
  }
}
