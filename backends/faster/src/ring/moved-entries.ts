/** Numbers per entry: slot, address in the ring as of the copy, position of the copy. */
const FIELDS = 3

/**
 * The entries that move with a chunk of the ring, in memory that one chunk after the other uses: there are thousands in each,
 * and no object is made for one.
 */
export class MovedEntries {
  #numbers = new Float64Array(FIELDS * 1024)
  #count = 0

  get count(): number {
    return this.#count
  }

  slot(index: number): number {
    return this.#numbers[index * FIELDS]!
  }

  /** Where it was when it was copied. */
  address(index: number): number {
    return this.#numbers[index * FIELDS + 1]!
  }

  /** Where the copy is. */
  position(index: number): number {
    return this.#numbers[index * FIELDS + 2]!
  }

  clear(): void {
    this.#count = 0
  }

  add(slot: number, address: number): void {
    const at = this.#count++ * FIELDS
    if (at === this.#numbers.length) {
      const grown = new Float64Array(at * 2)
      grown.set(this.#numbers)
      this.#numbers = grown
    }
    this.#numbers[at] = slot
    this.#numbers[at + 1] = address
  }

  place(index: number, position: number): void {
    this.#numbers[index * FIELDS + 2] = position
  }
}
