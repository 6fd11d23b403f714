import { defineStoreBackend } from '@persistent-log/core/backend'
import { checkFiles, createStore, FORMAT_VERSION, openDatabase } from './engine-files.js'
import { LevelStore } from './level-store.js'
import { levelOptions, type LevelOptions } from './options.js'

/** The LevelDB backend. */
export const backend = defineStoreBackend<LevelOptions>({
  name: 'level',
  summary: 'LevelDB, a log-structured merge tree: compressed tables, every write survives power loss',
  formatVersion: FORMAT_VERSION,
  options: levelOptions,
  judgesByClose: true,
  async openStore(enginePath, { created, cleanClose, beginChanges, options }) {
    if (created) return { store: await createStore(enginePath, options) }
    // Before LevelDB looks: its own recovery replaces the log, and with it the evidence.
    const { torn, logs } = await checkFiles(enginePath, { cleanClose, tables: options.verifyTables })
    await beginChanges()
    const database = await openDatabase(enginePath, options, logs)
    return { store: new LevelStore({ database, closed: () => Promise.resolve() }), torn }
  },
})
