const ARENA_BYTES = 64 * 1024
/** Beyond it a record gets a buffer of its own: it would leave too much of an arena unused. */
const MOST_BYTES = ARENA_BYTES / 8

/**
 * Where records are laid out one behind the other. A buffer for each would cost as much as its checksum, and one that they
 * share needs one `DataView`. No byte is handed out twice: a store may keep what it was given.
 */
export class RecordArena {
  /** Over the buffer of the bytes that were reserved last. */
  view: DataView = new DataView(new ArrayBuffer(0))
  #shared = this.view
  #at = 0

  /** The offset of so many bytes; uninitialised: the caller writes every one. */
  reserve(bytes: number): number {
    if (bytes > MOST_BYTES) {
      this.view = newView(bytes)
      return 0
    }
    if (this.#at + bytes > this.#shared.byteLength) {
      this.#shared = newView(ARENA_BYTES)
      this.#at = 0
    }
    this.view = this.#shared
    const at = this.#at
    this.#at += bytes
    return at
  }
}

const newView = (bytes: number): DataView => new DataView(Buffer.allocUnsafeSlow(bytes).buffer)

/** Of all logs: a thread encodes one record at a time. */
export const ARENA = new RecordArena()
