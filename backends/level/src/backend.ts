import {
  defineBackend,
  initialiseOrderedStore,
  openDirectory,
  openOrderedStoreLog,
  raise,
  type LogDirectory,
  type OpenContext,
  type PersistentLog,
} from '@persistent-log/core/backend'
import type { Database } from './database.js'
import { checkFiles, createDatabase, FORMAT_VERSION, openDatabase, type TornTail } from './engine-files.js'
import { LevelStore } from './level-store.js'
import { levelOptions, type LevelOptions } from './options.js'

const NAME = 'level'

/** The LevelDB backend. */
export const backend = defineBackend<LevelOptions>({
  name: NAME,
  summary: 'LevelDB, a log-structured merge tree: compressed tables, every write survives power loss',
  needsDirectory: true,
  options: levelOptions,
  open: openLog,
})

async function openLog(context: OpenContext<LevelOptions>): Promise<PersistentLog> {
  const { options } = context
  if (context.directory === undefined) {
    throw raise.invalidConfig([
      { path: 'directory', message: 'the level backend stores files: name a directory' },
    ])
  }
  const directory = await openDirectory({
    directory: context.directory,
    backend: NAME,
    formatVersion: FORMAT_VERSION,
    firstSlot: context.firstSlot,
    initialise: (enginePath, log) =>
      createDatabase(enginePath, options, (store) => initialiseOrderedStore(store, log)),
  })
  const { database, torn } = await openStore(directory, options)
  let served = false
  const store = new LevelStore({
    database,
    closed: (intact) => directory.end(!served ? 'refused' : intact ? 'intact' : 'failed'),
  })
  const log = await openOrderedStoreLog({
    store,
    backend: NAME,
    logId: directory.logId,
    context,
    firstSlot: directory.firstSlot,
    created: directory.created,
    cleanClose: directory.cleanClose,
    torn,
  })
  served = true
  return log
}

async function openStore(
  directory: LogDirectory,
  options: LevelOptions,
): Promise<{ database: Database; torn: TornTail | undefined }> {
  const { enginePath, cleanClose } = directory
  try {
    // Before LevelDB looks: its own recovery replaces the log, and with it the evidence.
    const torn = await checkFiles(enginePath, { cleanClose, tables: options.verifyTables })
    return { torn, database: await openDatabase(enginePath, options) }
  } catch (cause) {
    await directory.end('refused')
    throw cause
  }
}
