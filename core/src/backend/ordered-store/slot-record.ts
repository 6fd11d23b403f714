import type { Ballot } from '../../contract/ballot.js'
import type { Slot } from '../../contract/slot.js'
import type { StoredEntry } from '../engine/log-engine.js'
import { readU32, readU64, setU64, SLOT_KEY_BYTES, slotKey, turnSlotKey } from './key-layout.js'
import { viewOf } from './last-view.js'
import { RecordArena } from './record-arena.js'
import type { RecordCodec } from './record-codec.js'

/** Bytes of a slot record before its value. */
export const SLOT_RECORD_HEADER_BYTES = 43

/** The two states of a slot record are complements, not neighbours. */
const STATUS = { accepted: 0x5a, decided: 0xa5 } as const

/** Of all logs: a thread encodes one record at a time. */
const ARENA = new RecordArena()

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

/**
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
export function encodeSlotRecord(
  codec: RecordCodec,
  entry: {
    readonly slot: Slot
    readonly ballot: Ballot
    readonly value: Uint8Array
    readonly proof?: Uint8Array | undefined
  },
  mark: { readonly decided: boolean; readonly sequence: number },
): SealedRecord {
  const { slot, ballot, value, proof } = entry
  const proofAt = SLOT_RECORD_HEADER_BYTES + value.byteLength
  const key = turnSlotKey(ARENA.take(SLOT_KEY_BYTES), slot)
  const record = ARENA.take(proofAt + (proof?.byteLength ?? 0))
  const view = viewOf(record)
  const at = record.byteOffset
  view.setUint8(at + 5, mark.decided ? STATUS.decided : STATUS.accepted)
  view.setUint8(at + 6, proof ? 1 : 0)
  setU64(view, at + 7, slot)
  setU64(view, at + 15, mark.sequence)
  setU64(view, at + 23, ballot.round)
  setU64(view, at + 31, ballot.nodeId)
  view.setUint32(at + 39, value.byteLength)
  record.set(value, SLOT_RECORD_HEADER_BYTES)
  if (proof) record.set(proof, proofAt)
  return { key, value: record, checksum: codec.seal(key, record) }
}

/** The record of a slot over the same bytes, by its key; `undefined` when it is damaged. */
export function decodeSlotRecord(
  codec: RecordCodec,
  slot: Slot,
  record: Uint8Array,
  key: Uint8Array = slotKey(slot),
): SlotRecord | undefined {
  const value = valueOf(codec, record, key)
  if (!value) return undefined
  const { buffer, byteOffset, length } = record
  const proofAt = SLOT_RECORD_HEADER_BYTES + value.length
  return {
    slot,
    decided: record[5] === STATUS.decided,
    sequence: readU64(record, 15),
    ballot: { round: readU64(record, 23), nodeId: readU64(record, 31) },
    value,
    proof: record[6] === 1 ? new Uint8Array(buffer, byteOffset + proofAt, length - proofAt) : undefined,
  }
}

/** The value alone, verified as well: for readers that count nanoseconds. */
export function valueOf(codec: RecordCodec, record: Uint8Array, key: Uint8Array): Uint8Array | undefined {
  const { buffer, byteOffset, length } = record
  if (length < SLOT_RECORD_HEADER_BYTES || !codec.isIntact(key, record)) return undefined
  const status = record[5]
  const valueBytes = readU32(record, 39)
  const isWhole = SLOT_RECORD_HEADER_BYTES + valueBytes <= length
  if (!isWhole || (status !== STATUS.accepted && status !== STATUS.decided)) return undefined
  // Never a `Buffer`, and one view: the most costly step of a read but for the checksum.
  return new Uint8Array(buffer, byteOffset + SLOT_RECORD_HEADER_BYTES, valueBytes)
}

/** The slot that a damaged record names itself: not its key's when it was the key that went bad. */
export function slotNamedBy(bytes: Uint8Array): Slot | undefined {
  return bytes.byteLength < SLOT_RECORD_HEADER_BYTES ? undefined : readU64(bytes, 7)
}
