import { isDecided, NOWHERE, type Address } from '../regions/address.js'
import { SlotIndex } from '../regions/slot-index.js'
import type { SharedIndex } from './shared-index.js'

/**
 * The open index of a log that is shared: what is decided is in the shared index too. A log that is not shared has a plain
 * `SlotIndex` and pays nothing.
 */
export class MirroredIndex extends SlotIndex {
  readonly #shared: SharedIndex
  readonly #onDecided: (slot: number) => void

  constructor(from: SlotIndex, shared: SharedIndex, onDecided: (slot: number) => void) {
    super()
    this.#shared = shared
    // What is decided already is no news.
    this.#onDecided = () => undefined
    for (const [slot, address] of from.entries(0, Number.MAX_SAFE_INTEGER)) this.set(slot, address)
    this.#onDecided = onDecided
  }

  override set(slot: number, address: Address): Address {
    const before = super.set(slot, address)
    if (isDecided(address)) {
      this.#shared.set(slot, address)
      if (!isDecided(before)) this.#onDecided(slot)
    } else if (isDecided(before)) this.#shared.set(slot, NOWHERE)
    return before
  }

  // What goes by pages or runs otherwise: the shared index hears of each slot.
  override dropBelow(point: number): void {
    for (const [slot] of this.entries(0, point)) this.set(slot, NOWHERE)
  }

  override setRun(from: number, addresses: Float64Array, count: number): void {
    for (let at = 0; at < count; at++) this.set(from + at, addresses[at]!)
  }

  override forgetRun(from: number, addresses: Float64Array): void {
    for (let at = 0; at < addresses.length; at++) this.forget(from + at, addresses[at]!)
  }
}
