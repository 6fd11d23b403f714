import type { SegmentFile } from './segment-files.js'

/**
 * Zeros are written in pieces of this size, in bytes: larger ones make large folios in the page cache, of which every
 * later flush would write the whole.
 */
export const ZERO_PIECE_BYTES = 64 * 1024

/** One piece. */
export const ZEROS = Buffer.alloc(ZERO_PIECE_BYTES)

/** Backs `[from, to)` of a file with zeros, written in pieces of so many bytes, which are at most one of those. */
export async function writeZeros(
  file: SegmentFile,
  from: number,
  to: number,
  pieceBytes: number,
): Promise<void> {
  for (let at = from; at < to; at += pieceBytes) {
    await file.write(ZEROS.subarray(0, Math.min(pieceBytes, to - at)), at)
  }
}
