import { raise } from '@persistent-log/core/backend'
import { checksum, seedAt } from '../checksum.js'
import { readU64, writeU64 } from '../integers.js'
import { FORMAT_VERSION, SEGMENT_HEADER_BYTES } from '../segments/segment-header.js'

const MAGIC = Buffer.from('PLOGDEFL', 'latin1')
const COPY_BYTES = 128
const CHECKSUM_AT = COPY_BYTES - 4

/** Where the header of the segment stands, as it is: what says which segment this is hangs on no block. */
export const KEPT_HEADER_AT = 2 * COPY_BYTES
/** Where the places of the blocks stand. */
export const PLACES_AT = KEPT_HEADER_AT + SEGMENT_HEADER_BYTES
/** Of one place. */
export const PLACE_BYTES = 8
/** In front of the bytes of a block. */
export const FRAME_BYTES = 8
/** Compressed at once, in bytes: what a read of one entry inflates, and what a flipped bit costs at most. */
export const BLOCK_BYTES = 32 * 1024

/** What the head of a compressed segment says. */
export interface CompressedHead {
  /** Of the segment as it is read, in bytes. */
  readonly size: number
  /** Every checksum of a block starts from it. */
  readonly seed: number
  readonly placesChecksum: number
}

/** The blocks of a segment of so many bytes: all of it but the header. */
export function blocksIn(size: number): number {
  return Math.ceil((size - SEGMENT_HEADER_BYTES) / BLOCK_BYTES)
}

/** Where the first block stands in the file. */
export function firstBlockAt(size: number): number {
  return PLACES_AT + (blocksIn(size) + 1) * PLACE_BYTES
}

/** Bytes of a block before it was compressed. */
export function blockBytes(size: number, block: number): number {
  return Math.min(BLOCK_BYTES, size - SEGMENT_HEADER_BYTES - block * BLOCK_BYTES)
}

/** Of the bytes that stand for a block, where they stand. */
export function blockChecksum(bytes: Uint8Array, seed: number, block: number): number {
  return checksum(bytes, 0, bytes.byteLength, seedAt(seed, block))
}

/**
 * Byte map of a compressed segment, little-endian:
 * ```
 *   0 "PLOGDEFL"   8 u32 format version   12 u32 seed   16 u64 bytes of the segment   24 u32 checksum of the places
 *  28 zeros       124 u32 checksum of bytes 0-123       128 the same once more
 * 256 the header of the segment, both copies, as it is
 * 512 u64 place of each block, and where the last one ends
 *     blocks: u32 bytes   u32 checksum of what follows   the block deflated (RFC 1951), or as it is where that is no less
 * ```
 * The head is written last.
 */
export function encodeCompressedHead({ size, seed, placesChecksum }: CompressedHead): Buffer {
  const bytes = Buffer.alloc(2 * COPY_BYTES)
  MAGIC.copy(bytes, 0)
  bytes.writeUInt32LE(FORMAT_VERSION, 8)
  bytes.writeUInt32LE(seed, 12)
  writeU64(bytes, 16, size)
  bytes.writeUInt32LE(placesChecksum, 24)
  bytes.writeUInt32LE(checksum(bytes, 0, CHECKSUM_AT, 0), CHECKSUM_AT)
  bytes.copy(bytes, COPY_BYTES, 0, COPY_BYTES)
  return bytes
}

/** The head from whichever copy is intact; `undefined` where none is: then the file is no compressed segment. */
export function decodeCompressedHead(
  bytes: Buffer,
  file: string,
): { readonly head: CompressedHead; readonly damagedAt: number | undefined } | undefined {
  const intact = [0, COPY_BYTES].filter((at) => isIntact(bytes, at))
  const [at] = intact
  if (at === undefined) return undefined
  const version = bytes.readUInt32LE(at + 8)
  if (version !== FORMAT_VERSION) throw raise.unknownFormat(file, version, FORMAT_VERSION)
  const head = {
    seed: bytes.readUInt32LE(at + 12),
    size: readU64(bytes, at + 16),
    placesChecksum: bytes.readUInt32LE(at + 24),
  }
  const damagedAt = intact.length === 2 ? undefined : COPY_BYTES - at
  return { head, damagedAt }
}

function isIntact(bytes: Buffer, at: number): boolean {
  return (
    bytes.byteLength >= at + COPY_BYTES &&
    MAGIC.equals(bytes.subarray(at, at + MAGIC.byteLength)) &&
    checksum(bytes, at, at + CHECKSUM_AT, 0) === bytes.readUInt32LE(at + CHECKSUM_AT)
  )
}
