import { crc32 } from 'node:zlib'
import { raise } from '../../errors/raise.js'

/** The format of all records; a newer one is refused, never called corrupt. */
export const RECORD_FORMAT = 1

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
  /** The checksum of the log id: where the checksum of every record goes on from. */
  readonly #seed: number
  readonly #keyLength = Buffer.allocUnsafe(2)

  constructor(logId: Uint8Array) {
    const length = Buffer.allocUnsafe(2)
    length.writeUInt16BE(logId.byteLength)
    this.#seed = crc32(logId, crc32(length))
  }

  /** Fills in the first five bytes of a record whose body is written; returns its checksum. */
  seal(key: Uint8Array, record: Buffer): number {
    record[4] = RECORD_FORMAT
    const checksum = this.#checksum(key, record)
    record.writeUInt32BE(checksum, 0)
    return checksum
  }

  /** The record as a buffer over the same bytes, once its checksum is verified; `undefined` when it is damaged. */
  open(key: Uint8Array, bytes: Uint8Array): Buffer | undefined {
    if (bytes.byteLength < BODY_AT) return undefined
    const record = asBuffer(bytes)
    if (record.readUInt32BE(0) !== this.#checksum(key, record)) return undefined
    const format = record[4]!
    if (format !== RECORD_FORMAT) throw raise.unknownFormat('a record of the store', format, RECORD_FORMAT)
    return record
  }

  #checksum(key: Uint8Array, record: Buffer): number {
    this.#keyLength.writeUInt16BE(key.byteLength)
    const overKey = crc32(key, crc32(this.#keyLength, this.#seed))
    return crc32(record.subarray(4), overKey)
  }
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
