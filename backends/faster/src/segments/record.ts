import { checksum, seedAt } from '../checksum.js'
import { readU64, roundUp, writeU64 } from '../integers.js'

/** What a record says; the number is what is stored. */
export const RECORD = {
  accept: 1,
  decide: 2,
  /** The accepted record at `link` is decided; `word` is derived from that record's checksum. */
  mark: 3,
  discard: 4,
  promise: 5,
  compact: 6,
  configure: 7,
  checkpoint: 8,
  dropCheckpoint: 9,
  /** Recovery found that votes may be lost. */
  votesLost: 10,
  acceptLostVotes: 11,
  /** From here on accepts below power-loss may have been acknowledged ... */
  weakBegin: 12,
  /** ... and here all of them are in the tail. */
  weakEnd: 13,
  /** Segments below `a` are gone or may go: nothing in them counts. */
  retire: 14,
  /** The owner closed the log. */
  close: 15,
} as const

/** The number of a kind of record. */
export type RecordKind = (typeof RECORD)[keyof typeof RECORD]

/** Bytes in front of the value. */
export const RECORD_HEADER_BYTES = 56
/** Every record starts at a multiple of this, so that a scanner finds the next one behind damage. */
export const RECORD_ALIGNMENT_BYTES = 8

const MAGIC = 0x5250
const HAS_PROOF = 1
const HAS_BALLOT = 2
const NO_BYTES = Buffer.alloc(0)

/** What goes into a record. `a`, `b`, `c` mean what the kind needs: slot, round, node; from, to; version ... */
export interface RecordFields {
  readonly kind: RecordKind
  readonly a?: number | undefined
  readonly b?: number | undefined
  readonly c?: number | undefined
  readonly hasBallot?: boolean | undefined
  readonly link?: number | undefined
  readonly word?: number | undefined
  readonly value?: Uint8Array | undefined
  readonly proof?: Uint8Array | undefined
}

/** A decoded record; its bytes are views of where it was read. */
export interface StoredRecord {
  readonly kind: RecordKind
  readonly a: number
  readonly b: number
  readonly c: number
  readonly hasBallot: boolean
  readonly link: number
  readonly word: number
  readonly value: Buffer
  readonly proof: Buffer | undefined
  /** Identifies record, content and place. */
  readonly checksum: number
  /** Header, content and padding. */
  readonly bytes: number
}

/** Bytes that a record takes, padding included. */
export function recordBytes(valueBytes: number, proofBytes: number): number {
  return roundUp(RECORD_HEADER_BYTES + valueBytes + proofBytes, RECORD_ALIGNMENT_BYTES)
}

/**
 * Byte map of a record, little-endian, at a multiple of 8:
 * ```
 *  0 u16 magic   2 u8 kind   3 u8 flags (1 proof, 2 ballot)   4 u32 value bytes
 *  8 u64 a      16 u64 b     24 u64 c     32 u64 link
 * 40 u32 proof bytes   44 u32 checksum of value and proof   48 u32 word   52 u32 checksum of bytes 0-51
 * 56 value, proof, zeros up to a multiple of 8
 * ```
 * Both checksums start from the segment's salt; the header's from the record's position too. Returns the bytes written.
 */
export function encodeRecord(
  target: Buffer,
  offset: number,
  position: number,
  seed: number,
  it: RecordFields,
): number {
  const value = it.value ?? NO_BYTES
  const proof = it.proof ?? NO_BYTES
  target.writeUInt16LE(MAGIC, offset)
  target[offset + 2] = it.kind
  target[offset + 3] = (it.proof ? HAS_PROOF : 0) | (it.hasBallot ? HAS_BALLOT : 0)
  target.writeUInt32LE(value.byteLength, offset + 4)
  writeU64(target, offset + 8, it.a ?? 0)
  writeU64(target, offset + 16, it.b ?? 0)
  writeU64(target, offset + 24, it.c ?? 0)
  writeU64(target, offset + 32, it.link ?? 0)
  target.writeUInt32LE(proof.byteLength, offset + 40)
  const content = offset + RECORD_HEADER_BYTES
  target.set(value, content)
  target.set(proof, content + value.byteLength)
  const end = content + value.byteLength + proof.byteLength
  target.writeUInt32LE(checksum(target, content, end, seed), offset + 44)
  target.writeUInt32LE(it.word ?? 0, offset + 48)
  target.writeUInt32LE(checksum(target, offset, offset + 52, seedAt(seed, position)), offset + 52)
  const bytes = recordBytes(value.byteLength, proof.byteLength)
  target.fill(0, end, offset + bytes)
  return bytes
}

/** True when a record of this place begins here: its header is intact and its content lies within `limit`. */
export function isRecordHeader(
  source: Buffer,
  offset: number,
  limit: number,
  position: number,
  seed: number,
): boolean {
  if (offset + RECORD_HEADER_BYTES > limit || source.readUInt16LE(offset) !== MAGIC) return false
  const sum = checksum(source, offset, offset + 52, seedAt(seed, position))
  return sum === source.readUInt32LE(offset + 52) && offset + storedBytes(source, offset) <= limit
}

/** True when the content behind an intact header is intact. */
export function isContentIntact(source: Buffer, offset: number, seed: number): boolean {
  const from = offset + RECORD_HEADER_BYTES
  const to = from + source.readUInt32LE(offset + 4) + source.readUInt32LE(offset + 40)
  return checksum(source, from, to, seed) === source.readUInt32LE(offset + 44)
}

/** Bytes that the record at `offset` says it takes. */
export function storedBytes(source: Buffer, offset: number): number {
  return recordBytes(source.readUInt32LE(offset + 4), source.readUInt32LE(offset + 40))
}

/** Reads a record whose header is known to be intact. */
export function decodeRecord(source: Buffer, offset: number): StoredRecord {
  const valueFrom = offset + RECORD_HEADER_BYTES
  const valueTo = valueFrom + source.readUInt32LE(offset + 4)
  const proofTo = valueTo + source.readUInt32LE(offset + 40)
  const flags = source[offset + 3] ?? 0
  return {
    kind: source[offset + 2] as RecordKind,
    a: readU64(source, offset + 8),
    b: readU64(source, offset + 16),
    c: readU64(source, offset + 24),
    hasBallot: (flags & HAS_BALLOT) !== 0,
    link: readU64(source, offset + 32),
    word: source.readUInt32LE(offset + 48),
    value: source.subarray(valueFrom, valueTo),
    proof: (flags & HAS_PROOF) === 0 ? undefined : source.subarray(valueTo, proofTo),
    checksum: source.readUInt32LE(offset + 52),
    bytes: recordBytes(valueTo - valueFrom, proofTo - valueTo),
  }
}

/**
 * The word of a commit mark: a function of the accepted record's checksum, so that it computes nothing anew, and no
 * flipped bit and no older version of the slot can be taken for the decision.
 */
export function markWord(acceptedChecksum: number): number {
  return (Math.imul(acceptedChecksum ^ 0x5bd1e995, 0x9e3779b1) ^ 0xc2b2ae35) >>> 0
}
