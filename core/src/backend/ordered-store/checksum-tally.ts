import type { Tally } from './meta-record.js'

/**
 * The checksums of all records of one kind, folded into one number by exclusive or: adding and removing cost one step,
 * and a record that is missing, back again or of an older version changes the result (but for one in 2^32).
 */
export class ChecksumTally<Name> {
  readonly #checksums = new Map<Name, number>()
  #digest = 0

  get tally(): Tally {
    return { count: this.#checksums.size, digest: this.#digest }
  }

  has(name: Name): boolean {
    return this.#checksums.size > 0 && this.#checksums.has(name)
  }

  set(name: Name, checksum: number): void {
    this.delete(name)
    this.#checksums.set(name, checksum)
    this.#digest = (this.#digest ^ checksum) >>> 0
  }

  delete(name: Name): void {
    const checksum = this.#checksums.get(name)
    if (checksum === undefined) return
    this.#checksums.delete(name)
    this.#digest = (this.#digest ^ checksum) >>> 0
  }

  names(): Name[] {
    return [...this.#checksums.keys()]
  }

  entries(): Iterable<[Name, number]> {
    return this.#checksums.entries()
  }

  matches(tally: Tally): boolean {
    return tally.count === this.#checksums.size && tally.digest === this.#digest
  }
}
