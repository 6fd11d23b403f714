import { roundUp } from '../integers.js'
import { wordMemory, type WordMemory } from '../word-memory.js'
import { decodeGroupHeader, GROUP_HEADER_BYTES, type GroupHeader } from './group.js'
import type { SegmentFile } from './segment-files.js'

/** Read at once, in bytes: the caches have room for it. */
const WINDOW_BYTES = 512 * 1024

/**
 * A part of a file in memory that is used again and again, for whoever reads from its beginning to its end. A map has to
 * find each page for that one look, which costs as much as to copy it, and several times that in a virtual machine.
 */
export class SegmentWindow {
  readonly file: SegmentFile
  #memory: WordMemory = wordMemory(Buffer.allocUnsafeSlow(WINDOW_BYTES))
  #from = 0
  #to = 0
  /** Where the last look was that may be anywhere. */
  #lookedAt = 0

  constructor(file: SegmentFile) {
    this.file = file
  }

  /** What holds so many bytes from the offset on, a multiple of 8, until the next call; see `start`. */
  holding(offset: number, length: number): WordMemory {
    if (!this.#holds(offset, length)) this.#moveTo(offset, length, WINDOW_BYTES)
    return this.#memory
  }

  /** The same for looks that may be anywhere: where one follows the one before, the next ones may do so too. */
  lookAt(offset: number, length: number): WordMemory {
    const ahead = offset - this.#lookedAt
    this.#lookedAt = offset
    if (!this.#holds(offset, length)) {
      this.#moveTo(offset, length, ahead >= 0 && ahead < WINDOW_BYTES ? WINDOW_BYTES : length)
    }
    return this.#memory
  }

  /** The offset in the file of the first byte in memory. */
  get start(): number {
    return this.#from
  }

  /** The header of the group at an offset, as `decodeGroupHeader` finds it. */
  groupHeader(offset: number, base: number, seed: number): GroupHeader | undefined {
    const { bytes } = this.holding(offset, GROUP_HEADER_BYTES)
    return decodeGroupHeader(bytes, offset - this.#from, Infinity, base + offset, seed)
  }

  #holds(offset: number, length: number): boolean {
    return offset >= this.#from && offset + length <= this.#to
  }

  #moveTo(offset: number, length: number, wanted: number): void {
    if (length > this.#memory.bytes.length) {
      this.#memory = wordMemory(Buffer.allocUnsafeSlow(roundUp(length, WINDOW_BYTES)))
    }
    const { bytes } = this.#memory
    // Nothing of it counts while it is read: a read may fail.
    this.#to = this.#from
    const ahead = Math.max(length, Math.min(wanted, this.file.size - offset))
    this.file.readInto(bytes.subarray(0, ahead), offset)
    this.#from = offset
    this.#to = offset + ahead
  }
}
