import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { raise } from '../../errors/index.js'

/** Ending of a file that is being written and is not published yet; the next open removes what a crash left. */
export const TEMPORARY_SUFFIX = '.tmp'

/** Makes creations, renames and removals in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  try {
    await withFile(path, 'r', (handle) => handle.sync())
  } catch (cause) {
    throw raise.io('fsync of a directory', { file: path }, { cause })
  }
}

/** Closing may fail like every other call: some file systems tell then only that bytes are lost. */
async function withFile(
  path: string,
  flags: string,
  use: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await open(path, flags)
  try {
    await use(handle)
  } finally {
    await handle.close()
  }
}

/** Writes every byte: one write call may take fewer than it was given (a full disk, a signal, the 2 GiB limit). */
export async function writeAll(
  handle: Pick<FileHandle, 'write'>,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done, position + done)
    if (bytesWritten === 0) throw new Error(`0 of ${bytes.byteLength - done} bytes were written`)
    done += bytesWritten
  }
}

/** Writes a file of its own and makes its content durable; its name is durable after `syncDirectory` of its folder. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await withFile(path, 'w', async (handle) => {
      await writeAll(handle, bytes, 0)
      await handle.datasync()
    })
  } catch (cause) {
    throw raise.io('write', { file: path }, { cause })
  }
}

/**
 * Replaces a file as a whole: whoever opens it, also after a power loss, finds the old content or the new one. Durable
 * when it resolves.
 */
export async function publishFile(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = path + TEMPORARY_SUFFIX
  try {
    await writeDurably(temporary, bytes)
    await renameFile(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncDirectory(dirname(path))
}

/** Removes a file durably; a missing one is no error. */
export async function removeDurably(path: string): Promise<void> {
  try {
    await rm(path, { force: true, recursive: true })
  } catch (cause) {
    throw raise.io('remove', { file: path }, { cause })
  }
  await syncDirectory(dirname(path))
}

async function renameFile(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (cause) {
    throw raise.io('rename', { file: to }, { cause })
  }
}
