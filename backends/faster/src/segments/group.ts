import { checksum, seedAt, wordChecksum } from '../checksum.js'
import { readU64, setU64At } from '../integers.js'
import type { WordMemory } from '../word-memory.js'

/** Bytes in front of a group's records. */
export const GROUP_HEADER_BYTES = 112

const MAGIC = 0x31475250
const CHECKSUM_AT = 108
/** Stored as the lowest slot of a group that names none. */
const NO_SLOT = Number.MAX_SAFE_INTEGER

/** What a group holds, in words that its successor repeats: so a lost group is narrowed down. */
export interface GroupSummary {
  readonly records: number
  /** Bit k is set when a record of kind k is in it. */
  readonly kinds: number
  /** Slots of accept, decide and mark records: `lowest <= slot < end`; none when `end` is 0. */
  readonly lowest: number
  readonly end: number
}

/** The frame of what is appended at once. */
export interface GroupHeader extends GroupSummary {
  readonly sequence: number
  readonly bodyBytes: number
  readonly bodyChecksum: number
  /** Everything below this position was flushed before this group was written. */
  readonly flushedTo: number
  readonly previous: GroupSummary
  /** The checksum of the previous group's header: a chain over all content. */
  readonly previousChecksum: number
  /** The point as of this group, repeated in each so that it cannot be lost with one record. */
  readonly point: number
  /** The highest slot that anything before this group was written about + 1: nothing that is lost there reaches further. */
  readonly writtenBefore: number
  /** Of this header. */
  readonly checksum: number
}

/** What the frame of a group says about the log around it. */
export type GroupContext = Pick<
  GroupHeader,
  'sequence' | 'flushedTo' | 'point' | 'writtenBefore' | 'previous' | 'previousChecksum'
>

/** Before the first group. */
export const EMPTY_SUMMARY: GroupSummary = { records: 0, kinds: 0, lowest: NO_SLOT, end: 0 }

function writeSummary(words: Int32Array, at: number, it: GroupSummary): void {
  words[at] = it.records
  words[at + 1] = it.kinds
  setU64At(words, at + 2, it.lowest)
  setU64At(words, at + 4, it.end)
}

function readSummary(source: Buffer, offset: number): GroupSummary {
  return {
    records: source.readUInt32LE(offset),
    kinds: source.readUInt32LE(offset + 4),
    lowest: readU64(source, offset + 8),
    end: readU64(source, offset + 16),
  }
}

/**
 * Byte map of a group header, little-endian, at a multiple of 8:
 * ```
 *  0 u32 magic "PRG1"   4 u32 body bytes   8 u64 sequence   16 u64 flushed to (position)   24 u64 point
 * 32 u32 records  36 u32 kinds  40 u64 lowest slot  48 u64 highest slot + 1   (this group)
 * 56 u32 records  60 u32 kinds  64 u64 lowest slot  72 u64 highest slot + 1   (the previous group)
 * 80 u32 checksum of the previous header   84 u32 checksum of the body   88 u64 highest slot before + 1
 * 96 12 bytes of zeros   108 u32 checksum of bytes 0-107
 * ```
 * Both checksums start from the segment's salt, the header's from its position too. Frames the body that stands behind the
 * header in the memory already; returns the header's checksum.
 */
export function encodeGroupHeader(
  { bytes, words }: WordMemory,
  position: number,
  seed: number,
  bodyBytes: number,
  summary: GroupSummary,
  { previous, previousChecksum, sequence, flushedTo, point, writtenBefore }: GroupContext,
): number {
  words[0] = MAGIC
  words[1] = bodyBytes
  setU64At(words, 2, sequence)
  setU64At(words, 4, flushedTo)
  setU64At(words, 6, point)
  writeSummary(words, 8, summary)
  writeSummary(words, 14, previous)
  words[20] = previousChecksum
  words[21] = wordChecksum(bytes, words, GROUP_HEADER_BYTES, GROUP_HEADER_BYTES + bodyBytes, seed)
  setU64At(words, 22, writtenBefore)
  words.fill(0, 24, CHECKSUM_AT / 4)
  const sum = wordChecksum(bytes, words, 0, CHECKSUM_AT, seedAt(seed, position))
  words[CHECKSUM_AT / 4] = sum
  return sum
}

/** The header at `offset`, or `undefined` when none of this place begins there. Says nothing about the body. */
export function decodeGroupHeader(
  source: Buffer,
  offset: number,
  limit: number,
  position: number,
  seed: number,
): GroupHeader | undefined {
  if (offset + GROUP_HEADER_BYTES > limit || source.readUInt32LE(offset) !== MAGIC) return undefined
  const stored = source.readUInt32LE(offset + CHECKSUM_AT)
  if (checksum(source, offset, offset + CHECKSUM_AT, seedAt(seed, position)) !== stored) return undefined
  const { records, kinds, lowest, end } = readSummary(source, offset + 32)
  // Not spread: an object that is spread and goes on to grow takes 30 us, and there are groups of one record.
  return {
    records,
    kinds,
    lowest,
    end,
    bodyBytes: source.readUInt32LE(offset + 4),
    sequence: readU64(source, offset + 8),
    flushedTo: readU64(source, offset + 16),
    point: readU64(source, offset + 24),
    previous: readSummary(source, offset + 56),
    previousChecksum: source.readUInt32LE(offset + 80),
    bodyChecksum: source.readUInt32LE(offset + 84),
    writtenBefore: readU64(source, offset + 88),
    checksum: stored,
  }
}
