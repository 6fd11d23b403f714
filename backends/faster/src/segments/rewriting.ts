import type { SegmentFile } from './segment-files.js'
import type { Segment } from './segment.js'

/** Copied and written at once. */
const PIECE_BYTES = 1024 * 1024

/**
 * Writes the bytes of `[from, to)` once more where they stand, and flushes them. They were verified in the page cache, which
 * may hold what the device lost: a failed flush leaves pages behind that count as clean. Writing makes them count as dirty,
 * and no crash in between changes what they say.
 */
export function rewrite({ file }: Segment, from: number, to: number): Promise<void> {
  return copyRange(file, file, from, to)
}

/** Copies the bytes of `[from, to)` to where they stand in another file, and flushes it. */
export async function copyRange(
  source: SegmentFile,
  target: SegmentFile,
  from: number,
  to: number,
): Promise<void> {
  if (from >= to) return
  const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, to - from))
  for (let at = from; at < to; at += PIECE_BYTES) {
    const part = piece.subarray(0, Math.min(PIECE_BYTES, to - at))
    source.readInto(part, at)
    await target.write(part, at)
  }
  await target.flush()
}
