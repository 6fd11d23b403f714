import { readSync } from 'node:fs'
import { PAGE_BYTES, type PagedFile } from '../paged-file.js'

/** Stores are found in pieces of so many bytes: any of them may reach the device without the others. */
const PIECE_BYTES = 16
/** What is read at once, in bytes: a few of the pages that a file is known by. */
const READ_BYTES = 64 * PAGE_BYTES

/** Bytes that stand in a file, and in none that is known. */
interface Run {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** The pieces in which a file differs from what is known of it, neighbours joined; nothing where it has become shorter. */
export function storedRuns(known: PagedFile, descriptor: number): readonly Run[] {
  const runs: Run[] = []
  const read = Buffer.allocUnsafe(Math.min(READ_BYTES, known.size))
  let offset = 0
  let pieces: Uint8Array[] = []
  const end = (): void => {
    if (pieces.length > 0) runs.push({ offset, bytes: Buffer.concat(pieces) })
    pieces = []
  }
  for (let start = 0; start < known.size; start += READ_BYTES) {
    const length = Math.min(READ_BYTES, known.size - start)
    if (readSync(descriptor, read, 0, length, start) < length) return []
    for (let at = 0; at < length; at += PAGE_BYTES) {
      const to = Math.min(at + PAGE_BYTES, length)
      const page = known.page((start + at) / PAGE_BYTES)
      // Nearly every page is as it was.
      if (read.compare(page, 0, to - at, at, to) === 0) {
        end()
        continue
      }
      for (let from = at; from < to; from += PIECE_BYTES) {
        const pieceEnd = Math.min(from + PIECE_BYTES, to)
        if (read.compare(page, from - at, pieceEnd - at, from, pieceEnd) === 0) {
          end()
          continue
        }
        if (pieces.length === 0) offset = start + from
        pieces.push(Uint8Array.from(read.subarray(from, pieceEnd)))
      }
    }
  }
  end()
  return runs
}
