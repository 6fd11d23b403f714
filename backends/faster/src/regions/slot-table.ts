import type { Tail } from '../segments/tail.js'
import { isInRegion, NOWHERE, placeOf, type Address } from './address.js'
import { SlotIndex } from './slot-index.js'

/** The slot index, and what follows from each change: how much of a segment is live. */
export class SlotTable {
  readonly #index = new SlotIndex()
  readonly #tail: Tail

  constructor(tail: Tail) {
    this.#tail = tail
  }

  get count(): number {
    return this.#index.count
  }

  get(slot: number): Address {
    return this.#index.get(slot)
  }

  set(slot: number, address: Address): void {
    const before = this.#index.set(slot, address)
    if (address === before) return
    if (address !== NOWHERE && !isInRegion(address)) this.#count(address, 1)
    if (before !== NOWHERE && !isInRegion(before)) this.#count(before, -1)
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
