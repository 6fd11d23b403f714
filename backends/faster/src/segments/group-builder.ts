import { checksum } from '../checksum.js'
import { encodeGroupHeader, EMPTY_SUMMARY, GROUP_HEADER_BYTES, type GroupSummary } from './group.js'
import { encodeRecord, RECORD, recordBytes, type RecordFields } from './record.js'

/** The buffer is kept from group to group up to this size, in bytes. */
const KEPT_BUFFER_BYTES = 8 * 1024 * 1024
const FIRST_BUFFER_BYTES = 64 * 1024

/** Where a group is going to stand. */
export interface GroupPlace {
  readonly position: number
  readonly seed: number
}

/** What the frame of a group says about the log around it. */
export interface GroupContext {
  readonly sequence: number
  readonly flushedTo: number
  readonly point: number
  readonly previous: GroupSummary
  readonly previousChecksum: number
}

/** A record that was put into a group. */
export interface PlacedRecord {
  readonly position: number
  readonly checksum: number
}

/** Gathers the records of one group in a buffer and frames them. */
export class GroupBuilder {
  #buffer = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES)
  #length = 0
  #place: GroupPlace = { position: 0, seed: 0 }
  #summary: GroupSummary = EMPTY_SUMMARY

  /** Bytes so far, frame included. */
  get bytes(): number {
    return this.#length
  }

  get summary(): GroupSummary {
    return this.#summary
  }

  begin(place: GroupPlace): void {
    if (this.#buffer.byteLength > KEPT_BUFFER_BYTES) this.#buffer = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES)
    this.#place = place
    this.#length = GROUP_HEADER_BYTES
    this.#summary = EMPTY_SUMMARY
  }

  /** The position and the checksum of a record are known as soon as it is added. */
  add(fields: RecordFields): PlacedRecord {
    const bytes = recordBytes(fields.value?.byteLength ?? 0, fields.proof?.byteLength ?? 0)
    this.#ensure(this.#length + bytes)
    const offset = this.#length
    const position = this.#place.position + offset
    encodeRecord(this.#buffer, offset, position, this.#place.seed, fields)
    this.#length += bytes
    this.#count(fields)
    return { position, checksum: this.#buffer.readUInt32LE(offset + 52) }
  }

  /** The framed bytes, valid until the next `begin`, and the checksum of the frame. */
  finish(context: GroupContext): { readonly bytes: Buffer; readonly checksum: number } {
    const { position, seed } = this.#place
    const sum = encodeGroupHeader(this.#buffer, position, seed, {
      ...this.#summary,
      ...context,
      bodyBytes: this.#length - GROUP_HEADER_BYTES,
      bodyChecksum: checksum(this.#buffer, GROUP_HEADER_BYTES, this.#length, seed),
    })
    return { bytes: this.#buffer.subarray(0, this.#length), checksum: sum }
  }

  #count({ kind, a = 0 }: RecordFields): void {
    const { records, kinds, lowest, end } = this.#summary
    const names = kind === RECORD.accept || kind === RECORD.decide || kind === RECORD.mark
    this.#summary = {
      records: records + 1,
      kinds: kinds | (1 << kind),
      lowest: names ? Math.min(lowest, a) : lowest,
      end: names ? Math.max(end, a + 1) : end,
    }
  }

  #ensure(bytes: number): void {
    if (bytes <= this.#buffer.byteLength) return
    const grown = Buffer.allocUnsafeSlow(Math.max(bytes, this.#buffer.byteLength * 2))
    this.#buffer.copy(grown, 0, 0, this.#length)
    this.#buffer = grown
  }
}
