const ARENA_BYTES = 64 * 1024
/** Beyond it a record gets a buffer of its own: it would leave too much of an arena unused. */
const MOST_BYTES = ARENA_BYTES / 8

/**
 * Where records are laid out one behind the other. A buffer for each would cost as much as its checksum, and one that they
 * share needs one `DataView`. No byte is handed out twice: a store may keep what it was given.
 */
export class RecordArena {
  #buffer: ArrayBufferLike = new ArrayBuffer(0)
  #at = 0

  /** Uninitialised: the caller writes every byte. */
  take(bytes: number): Uint8Array {
    if (bytes > MOST_BYTES) return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer)
    if (this.#at + bytes > this.#buffer.byteLength) {
      this.#buffer = Buffer.allocUnsafeSlow(ARENA_BYTES).buffer
      this.#at = 0
    }
    const taken = new Uint8Array(this.#buffer, this.#at, bytes)
    this.#at += bytes
    return taken
  }
}
