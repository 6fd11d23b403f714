import { raise } from '../../errors/raise.js'
import { crc32, crc32OfView } from './crc32.js'
import { readU32, writeU32 } from './key-layout.js'

/** The format of all records; a newer one is refused, never called corrupt. */
export const RECORD_FORMAT = 1

/** As the port says. */
const MAX_KEY_BYTES = 300

/** Where the body of a record begins. */
export const BODY_AT = 5

/**
 * Seals records with a checksum of our own and verifies them: few ordered stores notice a flipped bit by themselves,
 * and none of them notices a record that belongs to another key or another log.
 *
 * ```
 *  0  checksum   u32  CRC-32 (IEEE) over: length of the log id u16, log id, length of the key u16, key, bytes 4 to the end
 *  4  format     u8   1
 *  5  body            by the kind of the key
 * ```
 */
export class RecordCodec {
  /** By the length of a key, the checksum of the log id and that length. */
  readonly #seeds: Int32Array

  constructor(logId: Uint8Array) {
    const seed = crc32(logId, 0, crc32(lengthAsBytes(logId.byteLength), 0, 0))
    this.#seeds = Int32Array.from({ length: MAX_KEY_BYTES + 1 }, (_, keyBytes) =>
      crc32(lengthAsBytes(keyBytes), 0, seed),
    )
  }

  /** Fills in the first five bytes of a record whose body is written; returns its checksum. */
  seal(key: Uint8Array, record: Uint8Array): number {
    record[4] = RECORD_FORMAT
    const checksum = this.#checksum(key, record)
    writeU32(record, checksum, 0)
    return checksum
  }

  /** The same for a record that lies from `at` to `end` in a buffer, directly behind its key. */
  sealBehind(view: DataView, keyAt: number, at: number, end: number): number {
    view.setUint8(at + 4, RECORD_FORMAT)
    const ofKey = crc32OfView(view, keyAt, at, this.#seeds[at - keyAt]!)
    const checksum = crc32OfView(view, at + 4, end, ofKey)
    view.setUint32(at, checksum)
    return checksum
  }

  /** True when a record is what was sealed under this key; throws when a newer version of us sealed it. */
  isIntact(key: Uint8Array, record: Uint8Array): boolean {
    if (record.length < BODY_AT) return false
    if (readU32(record, 0) !== this.#checksum(key, record)) return false
    const format = record[4]!
    if (format !== RECORD_FORMAT) throw raise.unknownFormat('a record of the store', format, RECORD_FORMAT)
    return true
  }

  /** The record as a buffer over the same bytes, once its checksum is verified; `undefined` when it is damaged. */
  open(key: Uint8Array, bytes: Uint8Array): Buffer | undefined {
    return this.isIntact(key, bytes) ? asBuffer(bytes) : undefined
  }

  #checksum(key: Uint8Array, record: Uint8Array): number {
    return crc32(record, 4, crc32(key, 0, this.#seeds[key.length]!))
  }
}

/** As u16, big-endian. */
function lengthAsBytes(length: number): Uint8Array {
  return Uint8Array.of(length >>> 8, length)
}

/** The checksum that a sealed record carries. */
export function checksumOf(record: Buffer): number {
  return record.readUInt32BE(0)
}

/** A buffer over the same bytes. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** A plain array over the same bytes: what callers are handed is never a `Buffer`. */
export function asPlainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
