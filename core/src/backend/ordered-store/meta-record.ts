import type { Ballot } from '../../contract/ballot.js'
import type { Slot } from '../../contract/slot.js'
import { META_KEY } from './key-layout.js'
import type { RecordCodec } from './record-codec.js'
import { FieldReader, FieldWriter } from './record-fields.js'
import type { SealedRecord } from './slot-record.js'

/** How many records of a kind there are, and the exclusive or of their checksums: a missing or an old one shows. */
export interface Tally {
  readonly count: number
  readonly digest: number
}

/**
 * What the whole store holds as of one group. It is written with every group, in the same atomic batch, so that at
 * open nothing can be missing silently.
 */
export interface Meta {
  /** The number of the group; the records that it wrote carry it too. */
  readonly sequence: number
  readonly point: Slot
  readonly compactedBallot: Ballot | undefined
  readonly promised: Ballot | undefined
  readonly votesLost: boolean
  /** Every slot from the point up to here is decided. */
  readonly contiguousTo: Slot
  readonly nextSlot: Slot
  readonly committedCount: number
  /** Accepted slots; they are rewritten, so that the digest is needed to notice an old version. */
  readonly accepted: Tally
  readonly configurations: Tally
  readonly checkpoints: Tally
  readonly damage: Tally
  /** Numbers of blobs are never used twice. */
  readonly nextBlob: number
}

/**
 * Behind the seal (checksum u32, format u8):
 *
 * ```
 *   5  sequence          u64
 *  13  point             u64
 *  21  compacted ballot  u8 present, u64 round, u64 nodeId
 *  38  promised          u8 present, u64 round, u64 nodeId
 *  55  votes lost        u8
 *  56  contiguousTo      u64
 *  64  nextSlot          u64
 *  72  committed         u64
 *  80  accepted          u64 count, u32 digest
 *  92  configurations    u64 count, u32 digest
 * 104  checkpoints       u64 count, u32 digest
 * 116  damage            u64 count, u32 digest
 * 128  next blob         u64
 * 136
 * ```
 */
export function encodeMeta(codec: RecordCodec, meta: Meta): SealedRecord {
  const fields = new FieldWriter()
    .u64(meta.sequence)
    .u64(meta.point)
    .ballot(meta.compactedBallot)
    .ballot(meta.promised)
    .u8(meta.votesLost ? 1 : 0)
    .u64(meta.contiguousTo)
    .u64(meta.nextSlot)
    .u64(meta.committedCount)
  for (const tally of [meta.accepted, meta.configurations, meta.checkpoints, meta.damage]) {
    fields.u64(tally.count).u32(tally.digest)
  }
  const value = fields.u64(meta.nextBlob).record()
  return { key: META_KEY, value, checksum: codec.seal(META_KEY, value) }
}

/** `undefined` when the record is damaged. */
export function decodeMeta(codec: RecordCodec, bytes: Uint8Array): Meta | undefined {
  const record = codec.open(META_KEY, bytes)
  if (!record) return undefined
  const fields = new FieldReader(record)
  const tally = (): Tally => ({ count: fields.u64(), digest: fields.u32() })
  // Fields are read in the order in which an object literal is written.
  return {
    sequence: fields.u64(),
    point: fields.u64(),
    compactedBallot: fields.ballot(),
    promised: fields.ballot(),
    votesLost: fields.u8() === 1,
    contiguousTo: fields.u64(),
    nextSlot: fields.u64(),
    committedCount: fields.u64(),
    accepted: tally(),
    configurations: tally(),
    checkpoints: tally(),
    damage: tally(),
    nextBlob: fields.u64(),
  }
}
