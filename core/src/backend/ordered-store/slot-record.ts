import type { Ballot } from '../../contract/ballot.js'
import type { Slot } from '../../contract/slot.js'
import type { StoredEntry } from '../engine/log-engine.js'
import { readU64, slotKey, writeU64 } from './key-layout.js'
import { asBuffer, asPlainBytes, type RecordCodec } from './record-codec.js'

/** Bytes of a slot record before its value. */
export const SLOT_RECORD_HEADER_BYTES = 43

/** The two states of a slot record are complements, not neighbours. */
const STATUS = { accepted: 0x5a, decided: 0xa5 } as const

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
  readonly value: Buffer
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
  const record = Buffer.allocUnsafe(proofAt + (proof?.byteLength ?? 0))
  record[5] = mark.decided ? STATUS.decided : STATUS.accepted
  record[6] = proof ? 1 : 0
  writeU64(record, slot, 7)
  writeU64(record, mark.sequence, 15)
  writeU64(record, ballot.round, 23)
  writeU64(record, ballot.nodeId, 31)
  record.writeUInt32BE(value.byteLength, 39)
  record.set(value, SLOT_RECORD_HEADER_BYTES)
  if (proof) record.set(proof, proofAt)
  const key = slotKey(slot)
  return { key, value: record, checksum: codec.seal(key, record) }
}

/** The record of a slot over the same bytes; `undefined` when it is damaged. */
export function decodeSlotRecord(codec: RecordCodec, slot: Slot, bytes: Uint8Array): SlotRecord | undefined {
  const record = codec.open(slotKey(slot), bytes)
  if (!record || record.length < SLOT_RECORD_HEADER_BYTES) return undefined
  const status = record[5]
  const proofAt = SLOT_RECORD_HEADER_BYTES + record.readUInt32BE(39)
  if ((status !== STATUS.accepted && status !== STATUS.decided) || proofAt > record.length) return undefined
  return {
    slot,
    decided: status === STATUS.decided,
    sequence: readU64(record, 15),
    ballot: { round: readU64(record, 23), nodeId: readU64(record, 31) },
    value: asPlainBytes(record.subarray(SLOT_RECORD_HEADER_BYTES, proofAt)),
    proof: record[6] === 1 ? asPlainBytes(record.subarray(proofAt)) : undefined,
  }
}

/** The slot that a damaged record names itself: not its key's when it was the key that went bad. */
export function slotNamedBy(bytes: Uint8Array): Slot | undefined {
  return bytes.byteLength < SLOT_RECORD_HEADER_BYTES ? undefined : readU64(asBuffer(bytes), 7)
}
