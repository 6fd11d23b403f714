import { checksum, seedAt } from '../checksum.js'
import { readU64, roundUp, writeU64 } from '../integers.js'
import type { SlotIndex } from '../regions/slot-index.js'
import type { Chain } from '../segments/chain.js'
import type { Segment } from '../segments/segment.js'
import { atOnce, type Steps } from '../turns.js'
import { extentOf, numberPieces, type IndexExtent } from './footer-numbers.js'

const MAGIC = 0x31465250
const END_MAGIC = 0x45465250
const IS_SPARSE = 1
const CHECKSUM_AT = 124

/** Bytes of a footer in front of its numbers. */
export const FOOTER_HEADER_BYTES = 128
const TRAILER_BYTES = 16
const NUMBER_BYTES = 8
/** Summed in one step, or copied for the sake of one write, in bytes. */
const STEP_BYTES = 256 * 1024

/** What the head of a footer says. */
export interface FooterHead extends IndexExtent {
  /** The offset in the file where the groups end and the footer begins. */
  readonly end: number
  /** Accepts and decisions in the segment, superseded ones too. */
  readonly writtenSlots: number
  readonly indexNumbers: number
  readonly discardNumbers: number
  readonly stateBytes: number
  readonly numbersChecksum: number
  readonly stateChecksum: number
  /** What the first group behind this segment repeats. */
  readonly chain: Chain
}

/** A footer before it is written. */
export interface FooterContent extends Pick<FooterHead, 'end' | 'writtenSlots' | 'chain'> {
  readonly index: SlotIndex
  /** From, to, from, to ... */
  readonly discards: readonly number[]
  /** In pieces that follow each other. */
  readonly state: readonly Uint8Array[]
}

/**
 * Byte map of a footer, little-endian, behind the last group of a sealed segment:
 * ```
 *   0 u32 magic "PRF1"  4 u32 flags (1 sparse)  8 u64 end  16 u64 from  24 u64 to  32 u64 count  40 u64 written slots
 *  48 u32 numbers of the index  52 u32 numbers of discards  56 u32 bytes of the state, a multiple of 8
 *  60 u32 checksum of all numbers  64 u32 checksum of the state  68 u32 previous group's checksum
 *  72 u64 next sequence   80 u32 records  84 u32 kinds  88 u64 lowest slot  96 u64 highest slot + 1   (previous group)
 * 104 u64 highest slot of the log + 1   112 zeros   124 u32 checksum of bytes 0-123
 * 128 f64 index   f64 discards   state
 *     u64 end   u32 magic "PRFE"   u32 checksum of the 12 bytes before: the last bytes of the file
 * ```
 * All checksums start from the segment's salt, that of the head from its position too. Resolved: the device has it.
 */
export async function writeFooter({ file, header, seed }: Segment, it: FooterContent): Promise<void> {
  const extent = extentOf(it.index)
  const numbersAt = it.end + FOOTER_HEADER_BYTES
  let at = numbersAt
  let numbersChecksum = seed
  for (const piece of numberPieces(it.index, extent, it.discards)) {
    numbersChecksum = checksum(piece, 0, piece.byteLength, numbersChecksum)
    await file.write(piece, at)
    at += piece.byteLength
  }
  const stateAt = at
  const state = padded(it.state)
  const stateBytes = bytesOf(state)
  const sumOn = (sum: number, piece: Uint8Array): number => checksum(piece, 0, piece.byteLength, sum)
  const stateChecksum = state.reduce(sumOn, seed)
  for (const piece of inFewWrites([...state, encodeTrailer(it.end, seed)])) {
    await file.write(piece, at)
    at += piece.byteLength
  }
  const numbers = (stateAt - numbersAt) / NUMBER_BYTES
  const sums = { numbersChecksum, stateChecksum }
  const indexNumbers = numbers - it.discards.length
  const counts = { indexNumbers, discardNumbers: it.discards.length, stateBytes }
  const head = encodeHead({ ...it, ...extent, ...counts, ...sums }, header.base + it.end, seed)
  if (file.size > at) await file.truncate(at)
  // The head is the commit point: where it is, everything that it speaks of is on the device.
  await file.flush()
  await file.write(head, it.end)
  await file.flush()
}

function encodeHead(it: FooterHead, position: number, seed: number): Buffer {
  const bytes = Buffer.alloc(FOOTER_HEADER_BYTES)
  bytes.writeUInt32LE(MAGIC, 0)
  bytes.writeUInt32LE(it.isSparse ? IS_SPARSE : 0, 4)
  writeU64(bytes, 8, it.end)
  writeU64(bytes, 16, it.from)
  writeU64(bytes, 24, it.to)
  writeU64(bytes, 32, it.count)
  writeU64(bytes, 40, it.writtenSlots)
  bytes.writeUInt32LE(it.indexNumbers, 48)
  bytes.writeUInt32LE(it.discardNumbers, 52)
  bytes.writeUInt32LE(it.stateBytes, 56)
  bytes.writeUInt32LE(it.numbersChecksum, 60)
  bytes.writeUInt32LE(it.stateChecksum, 64)
  const { sequence, previous, previousChecksum, writtenTo } = it.chain
  bytes.writeUInt32LE(previousChecksum, 68)
  writeU64(bytes, 72, sequence)
  bytes.writeUInt32LE(previous.records, 80)
  bytes.writeUInt32LE(previous.kinds, 84)
  writeU64(bytes, 88, previous.lowest)
  writeU64(bytes, 96, previous.end)
  writeU64(bytes, 104, writtenTo)
  bytes.writeUInt32LE(checksum(bytes, 0, CHECKSUM_AT, seedAt(seed, position)), CHECKSUM_AT)
  return bytes
}

const bytesOf = (pieces: readonly Uint8Array[]): number =>
  pieces.reduce((sum, { byteLength }) => sum + byteLength, 0)

/** Zeros behind the last piece make their length a multiple of 8. */
function padded(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  const bytes = bytesOf(pieces)
  return [...pieces, new Uint8Array(roundUp(bytes, NUMBER_BYTES) - bytes)]
}

/** What is small is copied together. */
function inFewWrites(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  return bytesOf(pieces) <= STEP_BYTES
    ? [Buffer.concat(pieces)]
    : pieces.filter((piece) => piece.byteLength > 0)
}

/** The last bytes of the file. */
function encodeTrailer(end: number, seed: number): Buffer {
  const bytes = Buffer.alloc(TRAILER_BYTES)
  writeU64(bytes, 0, end)
  bytes.writeUInt32LE(END_MAGIC, 8)
  bytes.writeUInt32LE(checksum(bytes, 0, 12, seed), 12)
  return bytes
}

/** Where the groups of a segment end whose file ends with a footer. */
export function footerEnd({ file, seed }: Segment): number | undefined {
  if (file.size < FOOTER_HEADER_BYTES + TRAILER_BYTES) return undefined
  const bytes = file.read(file.size - TRAILER_BYTES, TRAILER_BYTES)
  if (bytes.readUInt32LE(8) !== END_MAGIC || bytes.readUInt32LE(12) !== checksum(bytes, 0, 12, seed)) {
    return undefined
  }
  return readU64(bytes, 0)
}

/** The head of the footer that begins at `end`; `undefined` where none is, or not a whole one. */
export function readFooterHead(segment: Segment, end: number): FooterHead | undefined {
  const { file, header, seed } = segment
  if (end + FOOTER_HEADER_BYTES + TRAILER_BYTES > file.size) return undefined
  const bytes = file.read(end, FOOTER_HEADER_BYTES)
  const sum = checksum(bytes, 0, CHECKSUM_AT, seedAt(seed, header.base + end))
  if (bytes.readUInt32LE(0) !== MAGIC || bytes.readUInt32LE(CHECKSUM_AT) !== sum) return undefined
  const head: FooterHead = {
    end: readU64(bytes, 8),
    from: readU64(bytes, 16),
    to: readU64(bytes, 24),
    count: readU64(bytes, 32),
    writtenSlots: readU64(bytes, 40),
    isSparse: (bytes.readUInt32LE(4) & IS_SPARSE) !== 0,
    indexNumbers: bytes.readUInt32LE(48),
    discardNumbers: bytes.readUInt32LE(52),
    stateBytes: bytes.readUInt32LE(56),
    numbersChecksum: bytes.readUInt32LE(60),
    stateChecksum: bytes.readUInt32LE(64),
    chain: {
      sequence: readU64(bytes, 72),
      previousChecksum: bytes.readUInt32LE(68),
      previous: {
        records: bytes.readUInt32LE(80),
        kinds: bytes.readUInt32LE(84),
        lowest: readU64(bytes, 88),
        end: readU64(bytes, 96),
      },
      writtenTo: readU64(bytes, 104),
    },
  }
  return head.end === end && end + footerBytes(head) <= file.size ? head : undefined
}

/** Bytes of the whole footer. */
function footerBytes(head: FooterHead): number {
  return FOOTER_HEADER_BYTES + numberBytes(head) + head.stateBytes + TRAILER_BYTES
}

function numberBytes({ indexNumbers, discardNumbers }: FooterHead): number {
  return (indexNumbers + discardNumbers) * NUMBER_BYTES
}

/** The offset of the numbers, and behind them that of the state, in the file. */
export function footerParts(head: FooterHead) {
  const numbersAt = head.end + FOOTER_HEADER_BYTES
  return { numbersAt, stateAt: numbersAt + numberBytes(head) }
}

/** The numbers, in memory, a part of them per step; `undefined` where they are not what was written. */
export function* readNumbers(segment: Segment, head: FooterHead): Steps<Float64Array | undefined> {
  const bytes = Buffer.allocUnsafeSlow(numberBytes(head))
  const sum = yield* sumNumbers(segment, head, (from, to) => bytes.subarray(from, to))
  if (sum !== head.numbersChecksum) return undefined
  return new Float64Array(bytes.buffer, 0, bytes.byteLength / NUMBER_BYTES)
}

/** True when the index is what was written. */
export function areNumbersIntact(segment: Segment, head: FooterHead): boolean {
  return atOnce(checkNumbers(segment, head))
}

/** The same, a part of the index per step. */
export function* checkNumbers(segment: Segment, head: FooterHead): Steps<boolean> {
  const piece = Buffer.allocUnsafe(Math.min(STEP_BYTES, numberBytes(head)))
  const sum = yield* sumNumbers(segment, head, (from, to) => piece.subarray(0, to - from))
  return sum === head.numbersChecksum
}

/** Reads the bytes `[from, to)` of the numbers, a part of them per step, to where `partOf` says. */
function* sumNumbers(
  { file, seed }: Segment,
  head: FooterHead,
  partOf: (from: number, to: number) => Buffer,
): Steps<number> {
  const { numbersAt } = footerParts(head)
  const bytes = numberBytes(head)
  let sum = seed
  for (let from = 0; from < bytes; from += STEP_BYTES) {
    const part = partOf(from, Math.min(from + STEP_BYTES, bytes))
    file.readInto(part, numbersAt + from)
    sum = checksum(part, 0, part.byteLength, sum)
    yield
  }
  return sum
}

/** The state as of the end of the segment; `undefined` when it is not what was written. */
export function readFooterState({ file, seed }: Segment, head: FooterHead): Buffer | undefined {
  const bytes = file.read(footerParts(head).stateAt, head.stateBytes)
  return checksum(bytes, 0, bytes.byteLength, seed) === head.stateChecksum ? bytes : undefined
}
