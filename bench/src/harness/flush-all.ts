import { closeSync, fsyncSync, openSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The device has the files of a directory. What lies there flushed is flushed in a copy too: otherwise the first flush of
 * whoever opens that would do so, or the operating system would while something is measured.
 */
export function flushAll(directory: string): void {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const descriptor = openSync(join(entry.parentPath, entry.name), 'r+')
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  }
}
