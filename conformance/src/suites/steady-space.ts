import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** So much is written and compacted between two looks at what a log occupies; ... */
export const PART_BYTES = 12 * 1024 * 1024
/** ... and so often, at most: more than any engine holds back to give it up at once. */
export const MOST_PARTS = 12

/** Growth that is none: what an engine keeps to reuse. */
const KEPT_BYTES = 8 * 1024 * 1024

/** What the files in a directory occupy. */
export async function bytesBelow(directory: string): Promise<number> {
  let total = 0
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    // Blocks, not lengths: a sparse or pre-allocated file is as big as what it occupies.
    if (entry.isFile()) total += (await stat(join(entry.parentPath, entry.name))).blocks * 512
  }
  return total
}

/** Whether more is occupied than ever before, as far as one can tell by now. */
export function isGrowing(sizes: readonly number[]): boolean {
  const [first = 0] = sizes
  const last = sizes.at(-1) ?? 0
  return sizes.length < 2 || (last - first >= KEPT_BYTES && last > Math.max(...sizes.slice(0, -1)))
}
