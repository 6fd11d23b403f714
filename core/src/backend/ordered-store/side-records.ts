import type { ConfigurationRecord } from '../../contract/configuration-store.js'
import type { Slot, SlotRange } from '../../contract/slot.js'
import type { StoredCheckpoint } from '../engine/effect.js'
import { checkpointKey, configurationKey, damageKey } from './key-layout.js'
import type { RecordCodec } from './record-codec.js'
import { FieldReader, FieldWriter } from './record-fields.js'
import type { SealedRecord } from './slot-record.js'

function sealed(codec: RecordCodec, key: Uint8Array, fields: FieldWriter): SealedRecord {
  const value = fields.record()
  return { key, value, checksum: codec.seal(key, value) }
}

/**
 * Behind the seal; the name is in the key:
 *
 * ```
 *  5  version  u64
 * 13  value    u32 length, bytes
 * ```
 */
export function encodeConfiguration(
  codec: RecordCodec,
  name: string,
  record: ConfigurationRecord,
): SealedRecord {
  return sealed(codec, configurationKey(name), new FieldWriter().u64(record.version).bytes(record.value))
}

/** `undefined` when the record is damaged. */
export function decodeConfiguration(
  codec: RecordCodec,
  name: string,
  bytes: Uint8Array,
): ConfigurationRecord | undefined {
  const record = codec.open(configurationKey(name), bytes)
  if (!record) return undefined
  const fields = new FieldReader(record)
  return { version: fields.u64(), value: fields.bytes() }
}

/**
 * Behind the seal; the blob is in the key:
 *
 * ```
 *  5  slot      u64
 * 13  bytes     u64  of the state
 * 21  ballot    u8 present, u64 round, u64 nodeId
 * 38  digest    u32 length (32), SHA-256 of the state
 * 74  metadata  u8 present, u32 length, bytes
 *     parts     u64  of a divisible state; absent (the record ends) where it is in one piece
 * ```
 */
export function encodeCheckpoint(codec: RecordCodec, checkpoint: StoredCheckpoint): SealedRecord {
  const fields = new FieldWriter()
    .u64(checkpoint.slot)
    .u64(checkpoint.bytes)
    .ballot(checkpoint.ballot)
    .bytes(Buffer.from(checkpoint.digest, 'hex'))
    .u8(checkpoint.metadata ? 1 : 0)
    .bytes(checkpoint.metadata ?? new Uint8Array())
  if (checkpoint.parts !== undefined) fields.u64(checkpoint.parts)
  return sealed(codec, checkpointKey(Number(checkpoint.blob)), fields)
}

/** `undefined` when the record is damaged. */
export function decodeCheckpoint(
  codec: RecordCodec,
  blob: number,
  bytes: Uint8Array,
): StoredCheckpoint | undefined {
  const record = codec.open(checkpointKey(blob), bytes)
  if (!record) return undefined
  const fields = new FieldReader(record)
  const slot = fields.u64()
  const stateBytes = fields.u64()
  const ballot = fields.ballot()
  const digest = Buffer.from(fields.bytes()).toString('hex')
  const hasMetadata = fields.u8() === 1
  const metadata = fields.bytes()
  const parts = fields.isAtEnd ? undefined : fields.u64()
  const checkpoint = {
    slot,
    blob: String(blob),
    bytes: stateBytes,
    digest,
    ballot,
    metadata: hasMetadata ? metadata : undefined,
  }
  return parts === undefined ? checkpoint : { ...checkpoint, parts }
}

/**
 * Behind the seal; the first slot is in the key. A decided slot inside the range was repaired since.
 *
 * ```
 *  5  to  u64
 * ```
 */
export function encodeDamage(codec: RecordCodec, range: SlotRange): SealedRecord {
  return sealed(codec, damageKey(range.from), new FieldWriter().u64(range.to))
}

/** `undefined` when the record is damaged. */
export function decodeDamage(codec: RecordCodec, from: Slot, bytes: Uint8Array): SlotRange | undefined {
  const record = codec.open(damageKey(from), bytes)
  return record ? { from, to: new FieldReader(record).u64() } : undefined
}
