import type { Proposal } from '@persistent-log/core/backend'
import { checksum, maskAt, wordChecksum } from '../checksum.js'
import { readU64, roundUp, setU64At } from '../integers.js'
import type { WordMemory } from '../word-memory.js'
import { headerChecksum } from './header-checksum.js'

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

/** Where the checksum of bytes 0-47 stands, and the mark, in words: one aligned piece of 8 bytes, never torn apart. */
export const CHECKSUM_WORD = 12
export const MARK_WORD = 13

const MAGIC = 0x5250
const CHECKED_BYTES = 48
const CHECKSUM_AT = 4 * CHECKSUM_WORD
const MARK_AT = 4 * MARK_WORD
const HAS_PROOF = 1
const HAS_BALLOT = 2
/** In the ring: the next record belongs to the same batch, which is kept or lost whole. */
export const IS_FOLLOWED = 4
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
  /** Identifies record and content, wherever they stand. */
  readonly checksum: number
  /** Header, content and padding. */
  readonly bytes: number
}

/** Bytes that a record takes, padding included. */
export function recordBytes(valueBytes: number, proofBytes: number): number {
  return (RECORD_HEADER_BYTES + valueBytes + proofBytes + 7) & -RECORD_ALIGNMENT_BYTES
}

/** Bytes that the record of an entry takes. */
export function entryRecordBytes({ value, proof }: Pick<Proposal, 'value' | 'proof'>): number {
  return recordBytes(value.length, proof === undefined ? 0 : proof.length)
}

/**
 * Byte map of a record, little-endian, at a multiple of 8:
 * ```
 *  0 u16 magic   2 u8 kind   3 u8 flags (1 proof, 2 ballot, 4 followed)   4 u32 value bytes
 *  8 u64 a      16 u64 b     24 u64 c     32 u64 link
 * 40 u32 proof bytes   44 u32 checksum of value and proof; of a mark, which has neither: its word
 * 48 u32 checksum of bytes 0-47, masked by segment and position   52 u32 mark: 0 in the tail
 * 56 value, proof, zeros up to a multiple of 8
 * ```
 * Writes everything but the checksum, without which there is no record yet, and returns it unmasked. Many arguments and
 * no object: this is the hottest code there is.
 */
export function fillRecord(
  { bytes, words }: WordMemory,
  offset: number,
  kind: RecordKind,
  flags: number,
  a: number,
  b: number,
  c: number,
  link: number,
  word: number,
  value: Uint8Array,
  proof: Uint8Array | undefined,
): number {
  const at = offset >>> 2
  const content = offset + RECORD_HEADER_BYTES
  const valueBytes = value.length
  const proofBytes = proof === undefined ? 0 : proof.length
  const end = content + valueBytes + proofBytes
  const last = ((end - 1) >>> 3) << 1
  words[last] = 0
  words[last + 1] = 0
  if (valueBytes > 0) bytes.set(value, content)
  if (proofBytes > 0) bytes.set(proof!, content + valueBytes)
  words[at] = MAGIC | (kind << 16) | ((proof === undefined ? flags : flags | HAS_PROOF) << 24)
  words[at + 1] = valueBytes
  setU64At(words, at + 2, a)
  setU64At(words, at + 4, b)
  setU64At(words, at + 6, c)
  setU64At(words, at + 8, link)
  words[at + 10] = proofBytes
  words[at + 11] = kind === RECORD.mark ? word : wordChecksum(bytes, words, content, end, 0)
  words[at + MARK_WORD] = 0
  return headerChecksum(words, at)
}

/** A whole record with its checksum. Returns that, unmasked. */
export function encodeRecord(
  memory: WordMemory,
  offset: number,
  position: number,
  seed: number,
  it: RecordFields,
): number {
  const { a = 0, b = 0, c = 0, link = 0, word = 0, value = NO_BYTES } = it
  const flags = it.hasBallot ? HAS_BALLOT : 0
  const sum = fillRecord(memory, offset, it.kind, flags, a, b, c, link, word, value, it.proof)
  memory.words[(offset >>> 2) + CHECKSUM_WORD] = sum ^ maskAt(seed, position)
  return sum
}

/** True when a record of this place begins here, with no mark: its header is intact and its content within `limit`. */
export function isRecordHeader(
  source: Buffer,
  offset: number,
  limit: number,
  position: number,
  seed: number,
): boolean {
  return markOf(source, offset, limit, position, seed) === 0
}

/** The mark of the record of this place that begins here with an intact header; `undefined` where there is none. */
export function markOf(
  source: Buffer,
  offset: number,
  limit: number,
  position: number,
  seed: number,
): number | undefined {
  if (offset + RECORD_HEADER_BYTES > limit || source.readUInt16LE(offset) !== MAGIC) return undefined
  const sum = checksum(source, offset, offset + CHECKED_BYTES, 0)
  if ((sum ^ maskAt(seed, position)) >>> 0 !== source.readUInt32LE(offset + CHECKSUM_AT)) return undefined
  return offset + storedBytes(source, offset) <= limit ? source.readUInt32LE(offset + MARK_AT) : undefined
}

/** True when bytes 0-47 of the record at a word are what was written at this position of the log. */
export function isHeaderIntact(words: Int32Array, at: number, position: number, seed: number): boolean {
  return (headerChecksum(words, at) ^ maskAt(seed, position)) >>> 0 === words[at + CHECKSUM_WORD]! >>> 0
}

/** True when the next record of the ring belongs to the same batch. */
export function isFollowed({ words }: WordMemory, offset: number): boolean {
  return ((words[offset >>> 2]! >>> 24) & IS_FOLLOWED) !== 0
}

/** True when the content behind an intact header is intact. */
export function isContentIntact(source: Buffer, offset: number): boolean {
  if (source[offset + 2] === RECORD.mark) return true
  const from = offset + RECORD_HEADER_BYTES
  const to = from + source.readUInt32LE(offset + 4) + source.readUInt32LE(offset + 40)
  return checksum(source, from, to, 0) === source.readUInt32LE(offset + 44)
}

/** Bytes that the record at `offset` says it takes. */
export function storedBytes(source: Buffer, offset: number): number {
  const contentBytes = source.readUInt32LE(offset + 4) + source.readUInt32LE(offset + 40)
  return roundUp(RECORD_HEADER_BYTES + contentBytes, RECORD_ALIGNMENT_BYTES)
}

/** Reads a record whose header is known to be intact; `mask` is the one that hides its checksum there. */
export function decodeRecord(source: Buffer, offset: number, mask: number): StoredRecord {
  const valueFrom = offset + RECORD_HEADER_BYTES
  const valueTo = valueFrom + source.readUInt32LE(offset + 4)
  const proofTo = valueTo + source.readUInt32LE(offset + 40)
  const flags = source[offset + 3] ?? 0
  const kind = source[offset + 2] as RecordKind
  return {
    kind,
    a: readU64(source, offset + 8),
    b: readU64(source, offset + 16),
    c: readU64(source, offset + 24),
    hasBallot: (flags & HAS_BALLOT) !== 0,
    link: readU64(source, offset + 32),
    word: kind === RECORD.mark ? source.readUInt32LE(offset + 44) : 0,
    value: source.subarray(valueFrom, valueTo),
    proof: (flags & HAS_PROOF) === 0 ? undefined : source.subarray(valueTo, proofTo),
    checksum: (source.readUInt32LE(offset + CHECKSUM_AT) ^ mask) >>> 0,
    bytes: recordBytes(valueTo - valueFrom, proofTo - valueTo),
  }
}

/** The record of the tail that stands at `offset` and ends by `limit`, as views; `undefined` when it is not what was written. */
export function intactRecord(
  source: Buffer,
  offset: number,
  limit: number,
  position: number,
  seed: number,
): StoredRecord | undefined {
  const isIntact = isRecordHeader(source, offset, limit, position, seed) && isContentIntact(source, offset)
  return isIntact ? decodeRecord(source, offset, maskAt(seed, position)) : undefined
}

/**
 * The word of a commit mark: a function of the accepted record's checksum, so that it computes nothing anew, and no
 * flipped bit and no older version of the slot can be taken for the decision. Its two outermost bits are always set: it
 * is more than one flipped bit away from 0, which says that there is no mark.
 */
export function markWord(acceptedChecksum: number): number {
  return ((Math.imul(acceptedChecksum ^ 0x5bd1e995, 0x9e3779b1) ^ 0xc2b2ae35) | 0x80000001) >>> 0
}

/** What the checksum of a header changes by when an accept becomes a decision: a checksum is linear in its bits. */
const DECIDED_CHANGE = kindChange(RECORD.accept, RECORD.decide)

function kindChange(from: RecordKind, to: RecordKind): number {
  const sumOf = (kind: RecordKind): number => {
    const header = Buffer.alloc(CHECKED_BYTES)
    header[2] = kind
    return checksum(header, 0, CHECKED_BYTES, 0)
  }
  return sumOf(from) ^ sumOf(to)
}

/**
 * Moves the header of a copied record: another mask instead of the one it had, no mark, and the kind that it has by now.
 * The copy was made of memory that is trusted no more than a disk: whatever rotted there does not pass here.
 */
export function restampRecord(words: Int32Array, offset: number, masks: number, isDecided: boolean): void {
  const at = offset >>> 2
  const becomesDecided = isDecided && ((words[at]! >>> 16) & 0xff) === RECORD.accept
  if (becomesDecided) words[at] = words[at]! ^ ((RECORD.accept ^ RECORD.decide) << 16)
  words[at + CHECKSUM_WORD] = words[at + CHECKSUM_WORD]! ^ masks ^ (becomesDecided ? DECIDED_CHANGE : 0)
  words[at + MARK_WORD] = 0
}
