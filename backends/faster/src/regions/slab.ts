import { roundUp } from '../integers.js'

/** Every piece starts at a multiple of this, in bytes: a cache line, and what a recovery scan steps by. */
export const SLAB_UNIT_BYTES = 64

/** Up to so many units a piece is exact; above, there are four sizes per doubling, so at most a fifth is wasted. */
const EXACT_UNITS = 16

/**
 * Hands out pieces of a stretch of memory and takes them back one by one: an old piece that stays blocks nobody. Freed
 * pieces are kept by size and used again for the same size.
 */
export class Slab {
  readonly #capacity: number
  readonly #free = new Map<number, number[]>()
  #next: number
  #used = 0

  constructor(from: number, capacity: number) {
    this.#next = from
    this.#capacity = capacity
  }

  /** Bytes in pieces that are out. */
  get used(): number {
    return this.#used
  }

  /** Everything handed out so far lies below this. */
  get end(): number {
    return this.#next
  }

  /** The offset of a piece of at least `bytes`, or `undefined` when there is no room. */
  take(bytes: number): number | undefined {
    const size = pieceBytes(bytes)
    const reused = this.#free.get(size)?.pop()
    if (reused === undefined && this.#next + size > this.#capacity) return undefined
    this.#used += size
    if (reused !== undefined) return reused
    const offset = this.#next
    this.#next += size
    return offset
  }

  /** Takes back a piece that was asked for with `bytes`. */
  give(offset: number, bytes: number): void {
    const size = pieceBytes(bytes)
    this.#used -= size
    const pieces = this.#free.get(size)
    if (pieces) pieces.push(offset)
    else this.#free.set(size, [offset])
  }
}

function pieceBytes(bytes: number): number {
  const units = Math.ceil(bytes / SLAB_UNIT_BYTES)
  if (units <= EXACT_UNITS) return units * SLAB_UNIT_BYTES
  const step = 2 ** (Math.floor(Math.log2(units)) - 2)
  return roundUp(units, step) * SLAB_UNIT_BYTES
}
