import { RECORD_HEADER_BYTES } from './record.js'

/** No two records begin in one stretch of this many bytes. */
const STRETCH_BYTES = RECORD_HEADER_BYTES
/** What a new set reaches to, in bytes of the file; each further one reaches at least twice as far. */
const FIRST_REACH_BYTES = 1024 * 1024

/**
 * Which records of a file were verified since it was opened: a bit per 56 bytes, and none for a file that nobody reads. To
 * sum the bytes of a record again at every read would cost more than all the rest of it, and would tell only of what
 * `verify` tells of too.
 */
export class VerifiedRecords {
  #bits = new Uint8Array(0)

  has(offset: number): boolean {
    const bit = Math.floor(offset / STRETCH_BYTES)
    const byte = bit >>> 3
    return byte < this.#bits.byteLength && (this.#bits[byte]! & (1 << (bit & 7))) !== 0
  }

  add(offset: number): void {
    const bit = Math.floor(offset / STRETCH_BYTES)
    const byte = bit >>> 3
    if (byte >= this.#bits.byteLength) this.#reach(byte)
    this.#bits[byte]! |= 1 << (bit & 7)
  }

  #reach(byte: number): void {
    const first = Math.ceil(FIRST_REACH_BYTES / STRETCH_BYTES / 8)
    const bits = new Uint8Array(Math.max(first, byte + 1, this.#bits.byteLength * 2))
    bits.set(this.#bits)
    this.#bits = bits
  }
}
