import type { Segment } from '../segments/segment.js'

/** Copied and written at once. */
const PIECE_BYTES = 1024 * 1024

/**
 * Writes the bytes of `from <= offset < to` once more where they stand, and flushes them. They were verified in the page
 * cache, which may hold what the device lost: a failed flush leaves pages behind that count as clean. Writing makes them
 * count as dirty, and no crash in between changes what they say.
 */
export async function rewrite({ file }: Segment, bytes: Buffer, from: number, to: number): Promise<void> {
  if (from >= to) return
  // A copy: the bytes may be a map of the very pages that are written.
  const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, to - from))
  for (let at = from; at < to; at += PIECE_BYTES) {
    const length = bytes.copy(piece, 0, at, Math.min(at + PIECE_BYTES, to))
    await file.write(piece.subarray(0, length), at)
  }
  await file.flush()
}
