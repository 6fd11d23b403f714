import {
  defineBackend,
  endOf,
  initialiseOrderedStore,
  openDirectory,
  openOrderedStoreLog,
  raise,
  type LogDirectory,
  type OpenContext,
  type PersistentLog,
} from '@persistent-log/core/backend'
import { engineError } from './engine-error.js'
import {
  checkFiles,
  createEnvironment,
  FORMAT_VERSION,
  openEnvironment,
  removeStaleLock,
} from './engine-files.js'
import { LmdbStore } from './lmdb-store.js'
import { lmdbOptions, type LmdbOptions } from './options.js'

const NAME = 'lmdb'

/** The LMDB backend. */
export const backend = defineBackend<LmdbOptions>({
  name: NAME,
  summary: 'LMDB, a memory-mapped B+ tree: fast reads, one file, every write survives power loss',
  needsDirectory: true,
  options: lmdbOptions,
  open: openLog,
})

async function openLog(context: OpenContext<LmdbOptions>): Promise<PersistentLog> {
  const { options, durability } = context
  if (context.directory === undefined) {
    throw raise.invalidConfig([
      { path: 'directory', message: 'the lmdb backend stores files: name a directory' },
    ])
  }
  const directory = await openDirectory({
    directory: context.directory,
    backend: NAME,
    formatVersion: FORMAT_VERSION,
    firstSlot: context.firstSlot,
    initialise: (enginePath, log) =>
      createEnvironment(enginePath, options, (store) =>
        initialiseOrderedStore(store, { ...log, durability }),
      ),
  })
  let served = false
  const store = await openStore(directory, options, (intact) => directory.end(endOf(served, !intact)))
  const log = await openOrderedStoreLog({
    store,
    backend: NAME,
    logId: directory.logId,
    context,
    firstSlot: directory.firstSlot,
    created: directory.created,
    cleanClose: directory.cleanClose,
  })
  served = true
  return log
}

async function openStore(
  directory: LogDirectory,
  options: LmdbOptions,
  closed: (intact: boolean) => Promise<void>,
): Promise<LmdbStore> {
  const { enginePath, cleanClose } = directory
  let store: LmdbStore | undefined
  try {
    checkFiles(enginePath)
    await removeStaleLock(enginePath)
    store = new LmdbStore({
      environment: openEnvironment(enginePath, options),
      writeTimeoutMs: options.writeTimeoutMs,
      closed,
    })
    if (!cleanClose) await store.settle()
    return store
  } catch (cause) {
    await (store ? store.close() : directory.end('refused'))
    throw engineError('open', cause)
  }
}
