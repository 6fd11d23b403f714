import { closeSync, existsSync, openSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { raise, syncDirectory, type OrderedStore } from '@persistent-log/core/backend'
import { open, type RootDatabase } from 'lmdb'
import { LmdbStore } from './lmdb-store.js'
import { checkLmdbFile } from './page-check.js'
import type { LmdbOptions } from './options.js'

/** Of the files that this backend writes; a change that an older version cannot read raises it. */
export const FORMAT_VERSION = 2

/** LMDB's data file in the engine directory. */
export const DATA_FILE = 'data.mdb'
/** LMDB's table of readers and its lock, in shared memory. */
const LOCK_FILE = 'lock.mdb'

/** Fixed, so that a store can move between machines, and a page number tells an offset. */
const PAGE_BYTES = 4096

/** Operations of a batch before the thread of LMDB is woken. The types of lmdb-js do not know the option. */
const OPERATIONS_BEFORE_START = 4

/** More than LMDB has at once while it opens: its file twice, its lock, and what Node.js needs meanwhile. */
const SPARE_DESCRIPTORS = 8

/**
 * Opens and closes what LMDB is about to open: a file that this process may not write, or a descriptor too few, would end the
 * process with a SIGSEGV instead of an error.
 */
function checkOpenable(enginePath: string): void {
  const file = join(enginePath, DATA_FILE)
  const descriptors: number[] = []
  try {
    if (existsSync(file)) descriptors.push(openSync(file, 'r+'))
    while (descriptors.length < SPARE_DESCRIPTORS) descriptors.push(openSync(enginePath, 'r'))
  } catch (cause) {
    throw raise.io('open', { file }, { cause })
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor)
  }
}

/** Opens LMDB in the only way in which what it says is true. */
export function openEnvironment(
  enginePath: string,
  options: LmdbOptions,
): RootDatabase<Uint8Array, Uint8Array> {
  checkOpenable(enginePath)
  return open<Uint8Array, Uint8Array>(enginePath, {
    noSubdir: false,
    pageSize: PAGE_BYTES,
    encoding: 'binary',
    keyEncoding: 'binary',
    // Otherwise a write is visible before it is durable, and a failed flush leaves it visible, also after reopening.
    overlappingSync: false,
    // Otherwise lmdb-js makes a promise of its own for each turn of the event loop, which nobody can catch: a failed
    // commit rejects it, and that ends a Node.js process. Each of our writes is one batch, and needs no other.
    eventTurnBatching: false,
    // So LMDB works on the first records of a batch while the others are still on their way to it.
    ...{ batchStartThreshold: OPERATIONS_BEFORE_START },
    noSync: false,
    noMetaSync: false,
    // Otherwise a full disk is a SIGBUS, and a stray pointer a damaged store.
    useWritemap: false,
    // Otherwise parts of other values, never meant for this file, are written into its gaps.
    noMemInit: false,
    ...(options.readAhead ? {} : { noReadAhead: true }),
  })
}

/** Creates the data file with its first records: durable, its name included. */
export async function createEnvironment(
  enginePath: string,
  options: LmdbOptions,
  writeFirst: (store: OrderedStore) => Promise<void>,
): Promise<void> {
  const store = new LmdbStore({
    environment: openEnvironment(enginePath, options),
    writeTimeoutMs: options.writeTimeoutMs,
    closed: () => Promise.resolve(),
  })
  try {
    await writeFirst(store)
  } finally {
    await store.close()
  }
  await syncDirectory(enginePath)
}

/**
 * Refuses files that would end the process or lose records without a word: LMDB trusts its file, and a page that is
 * damaged, or missing behind a shortened end, is a SIGSEGV or a SIGBUS and not an error.
 */
export function checkFiles(enginePath: string): void {
  const file = join(enginePath, DATA_FILE)
  try {
    statSync(file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw raise.io('stat', { file }, { cause })
    throw raise.corrupted(`${file} is missing`, { file })
  }
  const [finding] = checkLmdbFile(file)
  if (finding) {
    const offset = finding.page * PAGE_BYTES
    throw raise.corrupted(`${file} at offset ${offset}: ${finding.reason}`, { file, offset })
  }
}

/**
 * Removes LMDB's lock file. Our own lock lets nobody else in, so that everything in it is of dead processes; and damaged,
 * it could stop LMDB for ever.
 */
export async function removeStaleLock(enginePath: string): Promise<void> {
  const file = join(enginePath, LOCK_FILE)
  try {
    await rm(file, { force: true, recursive: true })
  } catch (cause) {
    throw raise.io('remove', { file }, { cause })
  }
}
