/** Values that tell which slot they belong to, so that reading one back proves that it is the one that was written. */
export class Values {
  readonly bytes: number
  readonly #pool: Uint8Array[]
  readonly #views: DataView[]

  constructor(bytes: number) {
    if (bytes < STAMP_BYTES) throw new RangeError(`a value of ${bytes} bytes cannot carry its slot`)
    this.bytes = bytes
    const length = Math.max(SMALLEST_POOL, Math.min(LARGEST_POOL, Math.floor(POOL_BYTES / bytes)))
    const stream = incompressible(length * bytes)
    this.#pool = Array.from({ length }, (_, index) => stream.slice(index * bytes, (index + 1) * bytes))
    this.#views = this.#pool.map((value) => new DataView(value.buffer))
  }

  /** The value of a slot. Its buffer is used again: at most {@link LARGEST_POOL} (fewer of large values) at a time. */
  at(slot: number): Uint8Array {
    const index = slot % this.#pool.length
    this.#views[index]!.setUint32(0, slot, true)
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
function incompressible(bytes: number): Uint8Array {
  const words = new Int32Array(Math.ceil(bytes / Int32Array.BYTES_PER_ELEMENT))
  let state = 0x9e3779b9
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[at] = state
  }
  return new Uint8Array(words.buffer, 0, bytes)
}
