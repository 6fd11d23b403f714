import type { Segment } from './segment.js'

/** Copied and written at once. */
const PIECE_BYTES = 1024 * 1024

/**
 * Writes the bytes once more where they stand, from an offset on, and flushes them. They were verified in the page
 * cache, which may hold what the device lost: a failed flush leaves pages behind that count as clean. Writing makes them
 * count as dirty, and no crash in between changes what they say.
 */
export async function rewrite({ file }: Segment, bytes: Buffer, offset: number): Promise<void> {
  const { byteLength } = bytes
  if (byteLength === 0) return
  // A copy: the bytes may be a map of the very pages that are written.
  const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, byteLength))
  for (let at = 0; at < byteLength; at += PIECE_BYTES) {
    const length = bytes.copy(piece, 0, at, at + PIECE_BYTES)
    await file.write(piece.subarray(0, length), offset + at)
  }
  await file.flush()
}
