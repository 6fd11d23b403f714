import type { Address } from '../regions/address.js'

/** A power of two; beyond so many slots the views that were lent last are forgotten first, roughly. */
const KEPT_VIEWS = 16_384
/**
 * To make a view of more than this is little beside what is done with it, in bytes; and where no map was to be had, it
 * is a copy.
 */
const MAX_KEPT_BYTES = 4096
/** No address is negative. */
const NONE = -1
const NO_ADDRESSES = new Float64Array(0)

/**
 * The views that were lent last, by the address of their record: to make a view costs more than all the rest of a read, and
 * what is here was verified when it was lent first, or written by this process. What stands at an address never
 * changes, and an address is never given twice, so that nothing has to be taken out while its file is the same.
 */
export class LentValues {
  /** Empty until the first view is kept: a log that nobody reads so does without. */
  #addresses = NO_ADDRESSES
  #views: (Uint8Array | undefined)[] = []

  get(slot: number, address: Address): Uint8Array | undefined {
    const at = slot & (KEPT_VIEWS - 1)
    return this.#addresses[at] === address ? this.#views[at] : undefined
  }

  /** What was lent is gone. */
  clear(): void {
    this.#addresses = NO_ADDRESSES
    this.#views = []
  }

  keep(slot: number, address: Address, view: Uint8Array): void {
    if (view.byteLength > MAX_KEPT_BYTES) return
    if (this.#addresses.length === 0) {
      this.#addresses = new Float64Array(KEPT_VIEWS).fill(NONE)
      this.#views = new Array<Uint8Array | undefined>(KEPT_VIEWS).fill(undefined)
    }
    const at = slot & (KEPT_VIEWS - 1)
    this.#addresses[at] = address
    this.#views[at] = view
  }
}
