/** Values that tell which slot they belong to, so that reading one back proves that it is the one that was written. */
export class Values {
  readonly bytes: number
  readonly #pool: Uint8Array[]
  /** All of them, as words, of which the first of each value is its stamp. */
  readonly #words: Int32Array
  readonly #strideWords: number
  readonly #mask: number

  constructor(bytes: number) {
    if (bytes < STAMP_BYTES) throw new RangeError(`a value of ${bytes} bytes cannot carry its slot`)
    this.bytes = bytes
    const most = Math.max(SMALLEST_POOL, Math.min(LARGEST_POOL, POOL_BYTES / bytes))
    // A power of two: to find the next value must not cost what is measured.
    const length = 2 ** Math.floor(Math.log2(most))
    this.#strideWords = Math.ceil(bytes / STAMP_BYTES)
    this.#mask = length - 1
    this.#words = incompressible(length * this.#strideWords)
    const stride = this.#strideWords * STAMP_BYTES
    const { buffer } = this.#words
    this.#pool = Array.from({ length }, (_, index) => new Uint8Array(buffer, index * stride, bytes))
  }

  /** The value of a slot. Its buffer is used again: at most {@link LARGEST_POOL} (fewer of large values) at a time. */
  at(slot: number): Uint8Array {
    const index = slot & this.#mask
    this.#words[index * this.#strideWords] = slot
    return this.#pool[index]!
  }

  /** Throws unless `found` is the value of the slot, byte for byte. */
  check(slot: number, found: Uint8Array | undefined): void {
    if (found === undefined) throw new Error(`slot ${slot} was acknowledged and is gone`)
    if (Buffer.compare(this.at(slot), found) !== 0)
      throw new Error(`slot ${slot} holds other bytes than were written`)
  }
}

const STAMP_BYTES = 4
const SMALLEST_POOL = 16
const LARGEST_POOL = 2_048
const POOL_BYTES = 16 * 1024 * 1024

/** The same bytes in each process; no engine can pack them, nor the values of slots that are stored side by side. */
function incompressible(length: number): Int32Array {
  const words = new Int32Array(length)
  let state = 0x9e3779b9
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[at] = state
  }
  return words
}
