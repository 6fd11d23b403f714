import type { SegmentFile } from './segment-files.js'

/**
 * So many bytes are copied faster than a thread of the pool is woken to copy them, into blocks that are there already; a
 * larger group might hold the event loop up.
 */
const AT_ONCE_BYTES = 16 * 1024
/**
 * New blocks make such a copy dearer, but not as dear as the thread. After so many bytes of them in a row a thread is woken
 * all the same: nobody else has a turn of the event loop where a caller goes on as soon as a write is there.
 */
const NEW_BYTES_AT_ONCE = 256 * 1024

/** Hands groups to the operating system, one behind the other. */
export class GroupWriter {
  #newBytes = 0

  /** `undefined`: it is done already. Who waits for a flush of new blocks waits for more than a thread. */
  write(
    file: SegmentFile,
    bytes: Uint8Array,
    offset: number,
    awaitsFlush: boolean,
  ): Promise<void> | undefined {
    const added = Math.max(offset + bytes.byteLength - file.size, 0)
    const mayAdd = added === 0 || (!awaitsFlush && this.#newBytes + added <= NEW_BYTES_AT_ONCE)
    if (bytes.byteLength > AT_ONCE_BYTES || !mayAdd) {
      this.#newBytes = 0
      return file.write(bytes, offset)
    }
    this.#newBytes += added
    file.writeNow(bytes, offset)
    return undefined
  }
}
