import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, open, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { messageOf, UserError } from './user-error.js'

/** File systems that live in memory, by the type that statfs reports (linux/magic.h). */
const MEMORY_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
])

const PREFIX = 'plog-replica-'

async function memoryFileSystemOf(directory: string): Promise<string | undefined> {
  // The type is a signed number in some versions of libuv.
  return MEMORY_FILE_SYSTEMS.get((await statfs(directory)).type >>> 0)
}

/**
 * Makes a directory for this run on a file system that has a disk behind it: a flush into memory would prove nothing.
 * Without a choice of the user it is the first place of the usual ones that has.
 */
export async function makeWorkDirectory(parent: string | undefined): Promise<string> {
  if (parent !== undefined) {
    const chosen = resolve(parent)
    try {
      await mkdir(chosen, { recursive: true })
      await refuseMemory(chosen)
      return await mkdtemp(join(chosen, PREFIX))
    } catch (cause) {
      if (cause instanceof UserError) throw cause
      throw new UserError(`--directory ${parent} cannot be used: ${messageOf(cause)}`, { cause })
    }
  }
  for (const place of [tmpdir(), '/var/tmp', process.cwd()]) {
    try {
      if ((await memoryFileSystemOf(place)) === undefined) return await mkdtemp(join(place, PREFIX))
    } catch {
      // This place does not exist or is not writable: the next one may do.
    }
  }
  throw new UserError('no usual place for temporary files is on a disk; name one with --directory')
}

async function refuseMemory(directory: string): Promise<void> {
  const found = await memoryFileSystemOf(directory)
  if (found === undefined) return
  throw new UserError(
    `--directory ${directory} is on ${found}: it lives in memory, and a flush there proves nothing. Name a directory on a disk.`,
  )
}

/** Removes it with all that is in it. */
export async function removeWorkDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true })
}

/** The same in this very turn, while a process that was just killed may still be about to end. */
export function removeWorkDirectoryNow(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
}

const PROBES = 100
const PROBE_BYTES = 4_096

/** How long one append of 4 KiB with fdatasync takes here: the median in ms. Every durable rate rests on it. */
export async function flushLatencyMs(directory: string): Promise<number> {
  const path = join(directory, 'probe')
  const handle = await open(path, 'w')
  const times: number[] = []
  try {
    for (let at = 0; at < PROBES; at++) {
      const startedMs = performance.now()
      await handle.write(Buffer.alloc(PROBE_BYTES, at), 0, PROBE_BYTES, at * PROBE_BYTES)
      await handle.datasync()
      times.push(performance.now() - startedMs)
    }
  } finally {
    await handle.close()
    await rm(path)
  }
  return times.sort((a, b) => a - b)[PROBES / 2] ?? 0
}
