import type { Ballot } from '../../contract/ballot.js'
import { raise } from '../../errors/raise.js'
import { readU64, writeU32, writeU64 } from './key-layout.js'
import { BODY_AT } from './record-codec.js'

/** Room for the meta record, which is written with every group. */
const USUAL_BYTES = 160

/** Writes the body of a small record field by field; all integers are big-endian. */
export class FieldWriter {
  #record = Buffer.alloc(USUAL_BYTES)
  #length = BODY_AT

  u8(value: number): this {
    this.#record[this.#advance(1)] = value
    return this
  }

  u32(value: number): this {
    const at = this.#advance(4)
    writeU32(this.#record, value, at)
    return this
  }

  u64(value: number): this {
    const at = this.#advance(8)
    writeU64(this.#record, value, at)
    return this
  }

  /** A length as u32 and the bytes. */
  bytes(value: Uint8Array): this {
    this.u32(value.byteLength)
    const at = this.#advance(value.byteLength)
    this.#record.set(value, at)
    return this
  }

  /** One byte that says whether there is a ballot; then 16 bytes, zero when there is none. */
  ballot(value: Ballot | undefined): this {
    return this.u8(value ? 1 : 0)
      .u64(value?.round ?? 0)
      .u64(value?.nodeId ?? 0)
  }

  /** The record, with room for the seal in front. */
  record(): Buffer {
    return this.#record.subarray(0, this.#length)
  }

  /** Where the next field begins; the record may be another buffer afterwards. */
  #advance(bytes: number): number {
    const at = this.#length
    this.#length += bytes
    if (this.#length > this.#record.length) {
      const longer = Buffer.alloc(2 * this.#length)
      longer.set(this.#record)
      this.#record = longer
    }
    return at
  }
}

/** Reads the body of a record whose checksum was verified. */
export class FieldReader {
  readonly #record: Buffer
  #at = BODY_AT

  constructor(record: Buffer) {
    this.#record = record
  }

  /** Nothing follows: a field that was added later is not in this record. */
  get isAtEnd(): boolean {
    return this.#at === this.#record.length
  }

  u8(): number {
    return this.#record.readUInt8(this.#advance(1))
  }

  u32(): number {
    return this.#record.readUInt32BE(this.#advance(4))
  }

  u64(): number {
    const value = readU64(this.#record, this.#advance(8))
    if (!Number.isSafeInteger(value))
      throw raise.corrupted('a record holds a number beyond the safe integers')
    return value
  }

  bytes(): Uint8Array {
    const length = this.u32()
    const at = this.#advance(length)
    return new Uint8Array(this.#record.subarray(at, at + length))
  }

  ballot(): Ballot | undefined {
    const present = this.u8() === 1
    const ballot = { round: this.u64(), nodeId: this.u64() }
    return present ? ballot : undefined
  }

  #advance(bytes: number): number {
    const at = this.#at
    if (at + bytes > this.#record.length) throw raise.corrupted('a record is shorter than its fields')
    this.#at += bytes
    return at
  }
}
