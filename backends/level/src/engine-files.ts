import { join } from 'node:path'
import { raise, syncDirectory } from '@persistent-log/core/backend'
import { ClassicLevel } from 'classic-level'
import { completeReplay } from './complete-replay.js'
import type { Database } from './database.js'
import { engineError } from './engine-error.js'
import { forgetLogs, keepLogs } from './kept-logs.js'
import { LevelStore } from './level-store.js'
import type { LevelOptions } from './options.js'
import { checkLevelDirectory } from './wal-check.js'

/** Of the files that this backend writes; a change that an older version cannot read raises it. */
export const FORMAT_VERSION = 2

/** An unfinished write at the end of LevelDB's log. */
export interface TornTail {
  readonly bytes: number
  /** It may have been the last acknowledged write. */
  readonly ambiguous: boolean
}

/** Files that LevelDB may open. */
export interface CheckedFiles {
  readonly torn: TornTail | undefined
  /** The names of the logs that it will replay, oldest first. */
  readonly logs: readonly string[]
}

/**
 * Opens a store that is there. LevelDB replays its logs into new files and flushes these, so that what it shows after an
 * unclean end is on the disk; it does not flush the names of these files, so we do. Until everything that the logs hold was
 * found in it, the logs are kept: whatever ends this before, the next open begins with them again.
 */
export async function openDatabase(
  enginePath: string,
  options: LevelOptions,
  logs: CheckedFiles['logs'],
): Promise<Database> {
  const kept = await keepLogs(enginePath, logs)
  const database = await open(enginePath, options, false)
  try {
    await syncDirectory(enginePath)
    if (kept.length > 0) {
      await completeReplay(database, kept)
      await forgetLogs(enginePath)
    }
    return database
  } catch (error) {
    // What it was closed over says more than what closing it may add.
    await database.close().catch(() => undefined)
    throw error
  }
}

/** Creates a store; durable, the names of its files included, once it is closed. */
export async function createStore(enginePath: string, options: LevelOptions): Promise<LevelStore> {
  const database = await open(enginePath, options, true)
  return new LevelStore({ database, closed: () => syncDirectory(enginePath) })
}

async function open(enginePath: string, options: LevelOptions, create: boolean): Promise<Database> {
  const database: Database = new ClassicLevel(enginePath, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    // A store whose CURRENT file is gone must never be taken for one that is not there yet.
    createIfMissing: create,
    errorIfExists: create,
    cacheSize: options.cacheBytes,
    writeBufferSize: options.writeBufferBytes,
    maxFileSize: options.maxFileBytes,
    compression: options.compression,
    multithreading: false,
  })
  try {
    await database.open()
    return database
  } catch (cause) {
    // `repair()` is no answer: it reports success, and records are gone.
    throw engineError('open', cause)
  }
}

/**
 * Refuses files over which LevelDB would lose acknowledged writes without a word, since it skips damaged blocks of its
 * log, or end the process, since it trusts its tables. An unfinished write at the end of the log is legal after an
 * unclean end only.
 */
export async function checkFiles(
  enginePath: string,
  { cleanClose, tables }: { readonly cleanClose: boolean; readonly tables: boolean },
): Promise<CheckedFiles> {
  const { findings, logs } = await checkLevelDirectory(enginePath, { tables })
  const damage = findings.find(({ kind }) => cleanClose || kind === 'corrupt')
  if (damage) {
    const file = join(enginePath, damage.file)
    const { offset, reason } = damage
    throw raise.corrupted(`${file} at offset ${offset}: ${reason}`, { file, offset })
  }
  const torn = findings.flatMap((finding) => (finding.kind === 'corrupt' ? [] : [finding]))
  if (torn.length === 0) return { torn: undefined, logs }
  return {
    torn: {
      bytes: torn.reduce((sum, { bytes }) => sum + bytes, 0),
      ambiguous: torn.some(({ kind }) => kind === 'ambiguous'),
    },
    logs,
  }
}
