import { checksum } from '../checksum.js'
import { readU64, writeU64 } from '../integers.js'
import type { SegmentFile } from './segment-files.js'

/** Written into every segment; another one is an error of its own, never damage. */
export const FORMAT_VERSION = 2

const MAGIC = Buffer.from('PLOGTAIL', 'latin1')
const COPY_BYTES = 128
const CHECKSUM_AT = COPY_BYTES - 4

/** Two copies of the header: one flipped bit must not make 64 MiB unreadable. */
export const SEGMENT_HEADER_BYTES = 2 * COPY_BYTES
/** Random bytes per segment: what an earlier segment left on the disk never passes for this one's. */
export const SALT_BYTES = 16

/** The head of a segment; it never changes. */
export interface SegmentHeader {
  readonly number: number
  /** The position of the segment's first byte; a position is `base` + offset in the file. */
  readonly base: number
  /** Where the segment before ends: everything in it up to here was flushed before this segment got its name. */
  readonly previousEnd: number
  /** The sequence number of the first group here. */
  readonly firstSequence: number
  readonly salt: Buffer
  /** The file was another segment before: what nobody wrote here is not zero. */
  readonly isRecycled: boolean
}

/**
 * Byte map of a segment header, little-endian; 128 bytes, written twice:
 * ```
 *  0 "PLOGTAIL"   8 u32 format version   12 u32 1 recycled   16 u64 number   24 u64 base   32 u64 previous end
 * 40 u64 first sequence   48 16 bytes salt   64 16 bytes log id
 * 80 44 bytes of zeros     124 u32 checksum of bytes 0-123
 * ```
 */
export function encodeSegmentHeader(it: SegmentHeader, logId: Buffer): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES)
  MAGIC.copy(bytes, 0)
  bytes.writeUInt32LE(FORMAT_VERSION, 8)
  bytes.writeUInt32LE(it.isRecycled ? 1 : 0, 12)
  writeU64(bytes, 16, it.number)
  writeU64(bytes, 24, it.base)
  writeU64(bytes, 32, it.previousEnd)
  writeU64(bytes, 40, it.firstSequence)
  it.salt.copy(bytes, 48)
  logId.copy(bytes, 64)
  bytes.writeUInt32LE(checksum(bytes, 0, CHECKSUM_AT, 0), CHECKSUM_AT)
  bytes.copy(bytes, COPY_BYTES, 0, COPY_BYTES)
  return bytes
}

/** Writes the header of a new segment, whose file nobody else knows yet: it is closed where that fails. */
export async function writeSegmentHeader(file: SegmentFile, it: SegmentHeader, logId: Buffer): Promise<void> {
  try {
    await file.write(encodeSegmentHeader(it, logId), 0)
  } catch (error) {
    await file.close().catch(() => undefined)
    throw error
  }
}

/** What stands at the head of a file: a header and the copies of it that are damaged, or that of a newer version. */
export type DecodedSegmentHeader =
  | { readonly header: SegmentHeader; readonly damagedAt: number | undefined }
  | { readonly newerVersion: number }
  | { readonly header: undefined; readonly damagedAt: number }

/** Reads the header from whichever copy is intact and belongs to the log. */
export function decodeSegmentHeader(bytes: Buffer, logId: Buffer): DecodedSegmentHeader {
  let header: SegmentHeader | undefined
  let damagedAt: number | undefined
  for (const at of [0, COPY_BYTES]) {
    if (isIntact(bytes, at)) {
      const version = bytes.readUInt32LE(at + 8)
      if (version !== FORMAT_VERSION) return { newerVersion: version }
      if (logId.equals(bytes.subarray(at + 64, at + 80))) {
        header ??= decodeCopy(bytes, at)
        continue
      }
    }
    damagedAt ??= at
  }
  return header ? { header, damagedAt } : { header, damagedAt: damagedAt ?? 0 }
}

function isIntact(bytes: Buffer, at: number): boolean {
  return (
    bytes.byteLength >= at + COPY_BYTES &&
    MAGIC.equals(bytes.subarray(at, at + MAGIC.byteLength)) &&
    checksum(bytes, at, at + CHECKSUM_AT, 0) === bytes.readUInt32LE(at + CHECKSUM_AT)
  )
}

function decodeCopy(bytes: Buffer, at: number): SegmentHeader {
  return {
    number: readU64(bytes, at + 16),
    base: readU64(bytes, at + 24),
    previousEnd: readU64(bytes, at + 32),
    firstSequence: readU64(bytes, at + 40),
    salt: Buffer.from(bytes.subarray(at + 48, at + 48 + SALT_BYTES)),
    isRecycled: bytes.readUInt32LE(at + 12) === 1,
  }
}
