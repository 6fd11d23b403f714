import type { Tail } from '../segments/tail.js'
import { isInRegion, NOWHERE, placeOf, type Address } from './address.js'
import { SlotIndex } from './slot-index.js'

/** Takes an entry of the mutable region back. */
export type FreeRegionEntry = (offset: number) => void

/** The slot index, and what follows from each change: how much of a segment is live, which region entries are free. */
export class SlotTable {
  readonly #index = new SlotIndex()
  readonly #regionSlots = new Set<number>()
  readonly #tail: Tail
  readonly #free: FreeRegionEntry

  constructor(tail: Tail, free: FreeRegionEntry) {
    this.#tail = tail
    this.#free = free
  }

  get count(): number {
    return this.#index.count
  }

  /** Slots whose newest version is in the mutable region. */
  get regionSlots(): ReadonlySet<number> {
    return this.#regionSlots
  }

  get(slot: number): Address {
    return this.#index.get(slot)
  }

  set(slot: number, address: Address): void {
    const before = this.#index.set(slot, address)
    if (address === before) return
    if (address !== NOWHERE) {
      if (isInRegion(address)) this.#regionSlots.add(slot)
      else this.#count(address, 1)
    }
    if (before === NOWHERE) return
    if (!isInRegion(before)) return this.#count(before, -1)
    if (!isInRegion(address)) this.#regionSlots.delete(slot)
    this.#free(placeOf(before))
  }

  entries(from: number, to: number): Generator<readonly [slot: number, address: Address]> {
    return this.#index.entries(from, to)
  }

  #count(address: Address, change: number): void {
    const { active } = this.#tail
    const position = placeOf(address)
    const segment = position >= active.header.base ? active : this.#tail.segmentAt(position)
    if (segment) segment.liveSlots += change
  }
}
