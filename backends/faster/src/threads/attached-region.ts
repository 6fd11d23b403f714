import type { StoredEntry } from '@persistent-log/core/backend'
import { maskAt } from '../checksum.js'
import { CONTROL, decodeRingHeader, RING_HEADER_BYTES, RING_UNIT_BYTES } from '../ring/ring-layout.js'
import {
  decodeRecord,
  isContentIntact,
  markOf,
  RECORD_HEADER_BYTES,
  storedBytes,
} from '../segments/record.js'
import type { SegmentFile } from '../segments/segment-files.js'
import { entryOf } from '../segments/stored-entry.js'

/**
 * The mutable region, read by a thread beside its writer. What stands at a position is written over as soon as it is
 * reclaimed, so that everything is copied first; it counts if the position was not reclaimed when the copy was made, and
 * its checksums are right.
 */
export class AttachedRegion {
  readonly #file: SegmentFile
  readonly #capacity: number
  readonly #seed: number

  private constructor(file: SegmentFile, capacity: number, seed: number) {
    this.#file = file
    this.#capacity = capacity
    this.#seed = seed
  }

  /** `undefined` where the file is no region. The caller closes the file then. */
  static over(file: SegmentFile): AttachedRegion | undefined {
    if (file.size < RING_HEADER_BYTES) return undefined
    const head = decodeRingHeader(file.read(0, RING_HEADER_BYTES))
    return head && new AttachedRegion(file, head.capacity, head.seed)
  }

  /** The entry of a slot, which the caller owns; `undefined` when it is not there any more, or damaged. */
  entry(position: number, slot: number): StoredEntry | undefined {
    const offset = RING_HEADER_BYTES + (position & (this.#capacity - 1))
    const head = this.#copy(offset, RECORD_HEADER_BYTES)
    if (!head) return undefined
    const bytes = storedBytes(head, 0)
    const isInside = offset + bytes <= RING_HEADER_BYTES + this.#capacity
    const copy = isInside ? this.#copy(offset, bytes) : undefined
    if (!copy || this.#isReclaimed(position)) return undefined
    const isWhole = markOf(copy, 0, bytes, position, this.#seed) !== undefined && isContentIntact(copy, 0)
    return isWhole ? entryOf(decodeRecord(copy, 0, maskAt(this.#seed, position)), slot) : undefined
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  /** `undefined` behind the end of the file: a map of that would be a SIGBUS. */
  #copy(offset: number, length: number): Buffer | undefined {
    const file = this.#file
    if (offset + length > file.size) file.measure()
    if (offset + length > file.size) return undefined
    const memory = file.map(file.size)
    if (!memory) return file.read(offset, length)
    const copy = Buffer.allocUnsafe(length)
    copy.set(memory.bytes.subarray(offset, offset + length))
    return copy
  }

  /** Both numbers are in units of 8 bytes, modulo 2^32; acquire here, release in `RingBuffer.reclaimTo`. */
  #isReclaimed(position: number): boolean {
    const words = this.#file.map(this.#file.size)?.words
    const reclaimed = words
      ? Atomics.load(words, CONTROL.reclaimed)
      : this.#file.read(CONTROL.reclaimed * 4, 4).readInt32LE(0)
    return ((reclaimed - position / RING_UNIT_BYTES) | 0) > 0
  }
}
