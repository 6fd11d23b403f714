import type { Ballot } from '../../contract/ballot.js'
import type { Slot } from '../../contract/slot.js'
import type { StoredEntry } from '../engine/log-engine.js'
import { readU32, readU64, setSlotKey, setU64, SLOT_KEY_BYTES, slotKey } from './key-layout.js'
import { ARENA } from './record-arena.js'
import type { RecordCodec } from './record-codec.js'
import { LastHeader, SLOT_RECORD_HEADER_BYTES, STATUS, type RecordMark } from './slot-record-header.js'

/** Of all logs, as the arena is. */
const HEADER = new LastHeader()

/** What a slot record says. */
export interface SlotRecord extends StoredEntry {
  readonly slot: Slot
  readonly decided: boolean
  /** The number of the group that wrote it. */
  readonly sequence: number
}

/** A record ready to be stored. */
export interface SealedRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly checksum: number
}

/** What a slot record is made of. */
export interface SlotRecordParts {
  readonly slot: Slot
  readonly ballot: Ballot
  readonly value: Uint8Array
  readonly proof?: Uint8Array | undefined
}

/**
 * The record of a slot, sealed when its value or its checksum is first asked for: a store that works on a thread of its
 * own has it at work by then. That cannot fail half-way through a batch, for the record has its memory from the start.
 *
 * ```
 *  0  checksum      u32
 *  4  format        u8   1
 *  5  status        u8   0x5a accepted, 0xa5 decided
 *  6  proof         u8   1 when there is one (an empty proof is a proof)
 *  7  slot          u64  as in the key: names the owner of a record whose key went bad
 * 15  sequence      u64  the group that wrote it: newer than the meta record's means that the meta record is old
 * 23  round         u64
 * 31  nodeId        u64
 * 39  value length  u32
 * 43  value
 *     proof              to the end of the record
 * ```
 */
export class SlotRecordToWrite implements SealedRecord {
  readonly key: Uint8Array
  /** Of key and value together. */
  readonly bytes: number
  readonly #codec: RecordCodec
  readonly #parts: SlotRecordParts
  readonly #mark: RecordMark
  readonly #view: DataView
  readonly #keyAt: number
  #value: Uint8Array | undefined
  #checksum = 0

  constructor(codec: RecordCodec, parts: SlotRecordParts, mark: RecordMark) {
    const { slot, value, proof } = parts
    this.#codec = codec
    this.#parts = parts
    this.#mark = mark
    this.bytes = SLOT_KEY_BYTES + SLOT_RECORD_HEADER_BYTES + value.length + (proof ? proof.length : 0)
    this.#keyAt = ARENA.reserve(this.bytes)
    this.#view = ARENA.view
    setSlotKey(this.#view, this.#keyAt, slot)
    this.key = new Uint8Array(this.#view.buffer, this.#keyAt, SLOT_KEY_BYTES)
  }

  get value(): Uint8Array {
    return this.#value ?? this.#seal()
  }

  get checksum(): number {
    if (this.#value === undefined) this.#seal()
    return this.#checksum
  }

  #seal(): Uint8Array {
    const { slot, ballot, value, proof } = this.#parts
    const view = this.#view
    const at = this.#keyAt + SLOT_KEY_BYTES
    const record = new Uint8Array(view.buffer, at, this.bytes - SLOT_KEY_BYTES)
    record.set(HEADER.of(ballot, value.length, proof !== undefined, this.#mark))
    setU64(view, at + 7, slot)
    record.set(value, SLOT_RECORD_HEADER_BYTES)
    if (proof) record.set(proof, SLOT_RECORD_HEADER_BYTES + value.length)
    this.#checksum = this.#codec.sealBehind(view, this.#keyAt, at, this.#keyAt + this.bytes)
    return (this.#value = record)
  }
}

/** The record of a slot over the same bytes, by its key; `undefined` when it is damaged. */
export function decodeSlotRecord(
  codec: RecordCodec,
  slot: Slot,
  record: Uint8Array,
  key: Uint8Array = slotKey(slot),
): SlotRecord | undefined {
  return codec.isIntact(key, record) ? fieldsOf(slot, record) : undefined
}

/** What a record says whose checksum is known to be right; `undefined` when it cannot be a slot record all the same. */
export function fieldsOf(slot: Slot, record: Uint8Array): SlotRecord | undefined {
  const valueBytes = valueBytesOf(record)
  if (valueBytes < 0) return undefined
  // To ask V8 for these two costs more than to make a view of them: once is enough.
  const { buffer, byteOffset } = record
  const valueAt = byteOffset + SLOT_RECORD_HEADER_BYTES
  const proofAt = valueAt + valueBytes
  return {
    slot,
    decided: isDecided(record),
    sequence: readU64(record, 15),
    ballot: { round: readU64(record, 23), nodeId: readU64(record, 31) },
    // Never a `Buffer`, and one view: the most costly step of a read but for the checksum.
    value: new Uint8Array(buffer, valueAt, valueBytes),
    proof:
      record[6] === 1 ? new Uint8Array(buffer, proofAt, byteOffset + record.length - proofAt) : undefined,
  }
}

/** The value alone. */
export function valueOf(record: Uint8Array): Uint8Array | undefined {
  const bytes = valueBytesOf(record)
  if (bytes < 0) return undefined
  return new Uint8Array(record.buffer, record.byteOffset + SLOT_RECORD_HEADER_BYTES, bytes)
}

/** The length of the value; negative when this cannot be a slot record. */
export function valueBytesOf(record: Uint8Array): number {
  const { length } = record
  if (length < SLOT_RECORD_HEADER_BYTES) return -1
  const status = record[5]
  const bytes = readU32(record, 39)
  const isWhole = SLOT_RECORD_HEADER_BYTES + bytes <= length
  return isWhole && (status === STATUS.accepted || status === STATUS.decided) ? bytes : -1
}

/** Whether a record, whose checksum is known to be right, is that of a decision. */
export function isDecided(record: Uint8Array): boolean {
  return record[5] === STATUS.decided
}

/** The slot that a damaged record names itself: not its key's when it was the key that went bad. */
export function slotNamedBy(bytes: Uint8Array): Slot | undefined {
  return bytes.byteLength < SLOT_RECORD_HEADER_BYTES ? undefined : readU64(bytes, 7)
}
