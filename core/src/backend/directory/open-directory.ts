import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { raise } from '../../errors/index.js'
import { lockDirectory, LOCK_FILE, type DirectoryLock } from './directory-lock.js'
import { encodeIdentity, IDENTITY_FILE, newLogId, readIdentity, type Identity } from './identity.js'
import { directoryError, invalidDirectory, makeDirectory, syncAncestors } from './make-directory.js'
import { publishFile, removeDurably, syncDirectory, TEMPORARY_SUFFIX } from './publish-file.js'
import { beginSession, claimSession, endSession, SESSION_FILE, type LastSession } from './session.js'

/** What a backend with files asks for. */
export interface OpenDirectoryRequest {
  /** Absolute; created with its parents if it is missing. */
  readonly directory: string
  readonly backend: string
  /** The newest version of the backend's own files that it reads, and the one that it writes. */
  readonly formatVersion: number
  /** The oldest version that it still reads: nothing of an older one is touched. Default 1. */
  readonly oldestFormatVersion?: number | undefined
  /** Of a log that is created. An existing log keeps its own, whatever is asked for. */
  readonly firstSlot: number
  /**
   * The backend judges its files by how they were closed, and calls `beginChanges` behind that. Otherwise a log counts as
   * changed from the moment that it is open.
   */
  readonly judgesByClose?: boolean | undefined
  /** Puts the first files into the empty engine directory; durable, names included, when it resolves. */
  readonly initialise: (enginePath: string, log: Pick<Identity, 'logId' | 'firstSlot'>) => Promise<void>
}

/** A log directory that is locked and identified. */
export interface LogDirectory extends LastSession {
  /** The real path. */
  readonly path: string
  /** Where the engine's own files are. */
  readonly enginePath: string
  /** 16 random bytes. */
  readonly logId: Uint8Array
  /** The stored one. */
  readonly firstSlot: number
  /** The stored one, at most the one that was asked for. */
  readonly formatVersion: number
  /** This open created the log. A new log counts as cleanly closed. */
  readonly created: boolean
  /**
   * With `judgesByClose`, to be called when the files were judged, before anything in them is changed: a process that dies
   * before leaves the next one to judge them by the same close. Idempotent.
   */
  beginChanges(): Promise<void>
  /**
   * The next open finds a clean close; where nothing was changed, it does anyway. Called when everything is flushed and the
   * engine is closed, before `release`.
   */
  markClean(): Promise<void>
  /** The restart that `sameBoot: false` told about is settled and is not reported again. */
  forgetRestart(): Promise<void>
  /** Gives the lock back. Idempotent. */
  release(): Promise<void>
  /** `markClean` where it is due, and `release` in any case. The engine is closed. Only the first call counts. */
  end(how: SessionEnd): Promise<void>
}

/**
 * How a log ends: everything is flushed; a write or a flush failed; or the open was refused, nothing was served, and the
 * next open must be told what this one was.
 */
export type SessionEnd = 'intact' | 'failed' | 'refused'

/** How a session ended. A write that failed counts, also where it was one of the open: the files may be half of it. */
export function endOf(isServed: boolean, hasFailed: boolean): SessionEnd {
  if (hasFailed) return 'failed'
  return isServed ? 'intact' : 'refused'
}

/** The identity of a log that is being created: nothing was ever acknowledged, so it may be wiped. */
const CREATING_FILE = 'plog.creating'
const ENGINE_DIRECTORY = 'engine'

/** Files that are replaced as a whole: an open that ended in the middle leaves a temporary one. */
const REPLACED_FILES = [IDENTITY_FILE, CREATING_FILE, SESSION_FILE]
const TEMPORARY_FILES = REPLACED_FILES.map((file) => file + TEMPORARY_SUFFIX)
const OWN_NAMES = [...REPLACED_FILES, ...TEMPORARY_FILES, LOCK_FILE, ENGINE_DIRECTORY]

/** In every new ext4 file system; a log may have one of its own. */
const LOST_AND_FOUND = 'lost+found'

/**
 * Opens or creates a log directory:
 *
 *     plog.json      identity: backend, format, log id, first slot, checksum
 *     plog.creating  the same, while the log is created; renamed to plog.json as the commit point
 *     plog.lock      carries the kernel's lock; its text says who has it
 *     plog.open      exists while the log may be changed, with the boots since the last clean close
 *     engine/        the engine's own files
 *
 * A directory that once held a log is never taken for an empty one.
 */
export async function openDirectory(request: OpenDirectoryRequest): Promise<LogDirectory> {
  const path = await makeDirectory(request.directory)
  const lock = await lockUnlessForeign(path).catch((cause: unknown) => {
    throw directoryError(request.directory, cause)
  })
  try {
    const { created, identity } = await identify(path, request)
    const { judgesByClose = false } = request
    const last = await beginSession(path, judgesByClose)
    const isKept = judgesByClose && last.cleanClose
    let ended: Promise<void> | undefined
    let touched: Promise<void> | undefined = isKept ? undefined : Promise.resolve()
    const markClean = (): Promise<void> => (touched ? endSession(path) : Promise.resolve())
    const end = async (how: SessionEnd): Promise<void> => {
      try {
        if (how === 'intact' || (how === 'refused' && last.cleanClose)) await markClean()
      } finally {
        await lock.release()
      }
    }
    return {
      path,
      enginePath: join(path, ENGINE_DIRECTORY),
      ...identity,
      ...last,
      created,
      beginChanges: () => (touched ??= claimSession(path)),
      markClean,
      forgetRestart: () => claimSession(path),
      release: () => lock.release(),
      end: (how) => (ended ??= end(how)),
    }
  } catch (cause) {
    await lock.release()
    throw directoryError(request.directory, cause)
  }
}

/** A lock file is never removed: none may be left in a directory that is plainly somebody else's. */
async function lockUnlessForeign(path: string): Promise<DirectoryLock> {
  const names = new Set(await readdir(path))
  // Whatever may be ours is judged under the lock, where nobody changes it meanwhile.
  if (OWN_NAMES.every((name) => !names.has(name))) refuseUnlessEmpty(path, names)
  return lockDirectory(path)
}

async function identify(
  path: string,
  request: OpenDirectoryRequest,
): Promise<{ created: boolean; identity: Identity }> {
  const names = new Set(await readdir(path))
  for (const file of TEMPORARY_FILES) if (names.delete(file)) await rm(join(path, file))
  if (names.has(IDENTITY_FILE)) return { created: false, identity: await existing(path, names, request) }
  // A session begins after the commit point: with one, the identity was there and is lost.
  if (!names.has(CREATING_FILE) || names.has(SESSION_FILE)) refuseUnlessEmpty(path, names)
  return { created: true, identity: await create(path, request) }
}

async function existing(
  path: string,
  names: ReadonlySet<string>,
  { backend, formatVersion, oldestFormatVersion = 1 }: OpenDirectoryRequest,
): Promise<Identity> {
  const file = join(path, IDENTITY_FILE)
  const identity = await readIdentity(file)
  if (identity.backend !== backend) throw raise.wrongBackend(path, identity.backend, backend)
  if (identity.formatVersion > formatVersion || identity.formatVersion < oldestFormatVersion) {
    throw raise.unknownFormat(file, identity.formatVersion, formatVersion, oldestFormatVersion)
  }
  if (!names.has(ENGINE_DIRECTORY)) {
    throw raise.corrupted(`${join(path, ENGINE_DIRECTORY)} is missing`, {
      file: join(path, ENGINE_DIRECTORY),
    })
  }
  if (identity.formatVersion === formatVersion) return identity
  // From now on the files are what this version writes: an older one must not take them for its own.
  const raised = { ...identity, formatVersion }
  await publishFile(file, encodeIdentity(raised))
  return raised
}

function refuseUnlessEmpty(path: string, names: ReadonlySet<string>): void {
  if (names.has(ENGINE_DIRECTORY) || names.has(SESSION_FILE)) {
    const file = join(path, IDENTITY_FILE)
    throw raise.corrupted(`${file} is missing from a directory that held a log`, { file })
  }
  const foreign = [...names].filter((name) => name !== LOCK_FILE && name !== LOST_AND_FOUND).sort()
  const [first] = foreign
  if (first !== undefined) {
    throw invalidDirectory(path, `it is not empty and holds no log (found ${JSON.stringify(first)})`)
  }
}

async function create(path: string, request: OpenDirectoryRequest): Promise<Identity> {
  const enginePath = join(path, ENGINE_DIRECTORY)
  const { backend, formatVersion, firstSlot } = request
  const identity: Identity = { backend, formatVersion, firstSlot, logId: newLogId() }
  const creating = join(path, CREATING_FILE)
  // A file of its own: one that is there may still bear the name of the identity after a power cut, with all that belongs to it.
  await publishFile(creating, encodeIdentity(identity))
  await syncAncestors(path)
  // What an interrupted creation left is of no use.
  await removeDurably(enginePath)
  await mkdir(enginePath)
  await syncDirectory(path)
  await request.initialise(enginePath, identity)
  await syncDirectory(enginePath)
  await commit(creating, join(path, IDENTITY_FILE))
  return identity
}

/**
 * The commit point of a creation: durable, or taken back. A flush that failed proves nothing, and the next one may succeed
 * without the name: an open that took it for the log's would serve one whose identity a power cut takes away.
 */
async function commit(creating: string, identity: string): Promise<void> {
  await rename(creating, identity)
  try {
    await syncDirectory(dirname(identity))
  } catch (error) {
    // Where this fails too, the first failure is the one to tell.
    await rename(identity, creating).catch(() => undefined)
    throw error
  }
}
