import { open, readFile, stat, type FileHandle } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { raise } from '../../errors/index.js'
import { writeAll } from './publish-file.js'

/** The name of the file that carries the kernel's lock. It is never removed: a new file would be a second lock. */
export const LOCK_FILE = 'plog.lock'

/** The part of fs-native-extensions that we use; the package has no types. */
interface FileLocks {
  /** False when somebody else has the lock. */
  tryLock(fd: number): boolean
}

/** Directories that this thread has open, by device and inode. */
const held = new Set<string>()

/** A lock that is held. */
export interface DirectoryLock {
  /** Idempotent. */
  release(): Promise<void>
}

/**
 * Takes the lock of a directory or refuses with `PLOG_LOCKED`. It is an open-file-description lock: it excludes other
 * processes, other threads and a second open in this thread; it ends with its owner, however that ends; and a refused
 * attempt cannot end it, as closing a file does with the older POSIX locks (LevelDB's own). The registry refuses the
 * second open in this thread before any file is touched.
 */
export async function lockDirectory(path: string): Promise<DirectoryLock> {
  const { dev, ino } = await stat(path, { bigint: true })
  const key = `${dev}:${ino}`
  if (held.has(key)) throw raise.locked(path, { pid: process.pid, host: hostname() })
  held.add(key)
  try {
    const handle = await lockFile(path)
    return { release: releaseOnce(path, key, handle) }
  } catch (error) {
    held.delete(key)
    throw error
  }
}

function releaseOnce(path: string, key: string, handle: FileHandle): () => Promise<void> {
  const release = async (): Promise<void> => {
    try {
      // The file is closed first: whoever finds the registry free finds the lock free too.
      await handle.close()
    } catch (cause) {
      throw raise.io('close', { file: join(path, LOCK_FILE) }, { cause })
    } finally {
      held.delete(key)
    }
  }
  let released: Promise<void> | undefined
  return () => (released ??= release())
}

async function lockFile(path: string): Promise<FileHandle> {
  const file = join(path, LOCK_FILE)
  // Not truncated by opening: until the lock is ours, its text is the owner's.
  const handle = await open(file, 'a+')
  try {
    const locks = createRequire(import.meta.url)('fs-native-extensions') as FileLocks
    if (!locks.tryLock(handle.fd)) throw raise.locked(path, await ownerOf(file))
    await handle.truncate(0)
    await writeAll(handle, Buffer.from(`${JSON.stringify({ pid: process.pid, host: hostname() })}\n`), 0)
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Who wrote the lock file last: a help for people; the lock itself is the kernel's. */
async function ownerOf(file: string): Promise<{ pid?: number; host?: string }> {
  try {
    const { pid, host } = JSON.parse(await readFile(file, 'utf8')) as { pid?: unknown; host?: unknown }
    return { ...(typeof pid === 'number' && { pid }), ...(typeof host === 'string' && { host }) }
  } catch {
    // Between taking the lock and writing the text the file is empty.
    return {}
  }
}
