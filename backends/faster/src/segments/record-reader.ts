import { intactRecord, RECORD_HEADER_BYTES, storedBytes, type StoredRecord } from './record.js'
import type { Segment } from './segment.js'
import { SegmentWindow } from './segment-window.js'

/**
 * Reads records of a segment that nobody appends to, many of them, as a rule one behind the other: a look at the device for
 * each would be dear.
 */
export class RecordReader {
  readonly #segment: Segment
  readonly #window: SegmentWindow

  constructor(segment: Segment) {
    this.#segment = segment
    this.#window = new SegmentWindow(segment.file)
  }

  /** The position behind the last record. */
  get end(): number {
    return this.#segment.header.base + this.#segment.end
  }

  /** The record at a position, verified, as views until the next call; `undefined` where it is damaged, or not in the segment. */
  record(position: number): StoredRecord | undefined {
    const { header, seed, file } = this.#segment
    const offset = position - header.base
    if (!this.#segment.holds(position) || offset + RECORD_HEADER_BYTES > file.size) return undefined
    const head = this.#window.lookAt(offset, RECORD_HEADER_BYTES).bytes
    const length = storedBytes(head, offset - this.#window.start)
    if (offset + length > file.size) return undefined
    const { bytes } = this.#window.lookAt(offset, length)
    const at = offset - this.#window.start
    return intactRecord(bytes, at, at + length, position, seed)
  }
}
