import type { Backend, OpenContext, OptionsSchema } from '../../contract/backend.js'
import type { PersistentLog } from '../../contract/persistent-log.js'
import type { Damage } from '../../contract/reports.js'
import type { PersistentLogError } from '../../errors/persistent-log-error.js'
import { raise } from '../../errors/raise.js'
import { defineBackend } from '../define-backend.js'
import { endOf, openDirectory, type LogDirectory } from '../directory/open-directory.js'
import { initialiseOrderedStore, openOrderedStoreLog } from './ordered-store-log.js'
import type { OrderedStore } from './ordered-store.js'
import { checkOpenedStore, checkStoreDefinition } from './store-shape.js'

/** An engine that was opened, and what it found in its own files before. */
export interface OpenedStore {
  readonly store: OrderedStore
  /** Records behind it may be gone, or older versions of them back: no proposal survives it, and votes count as lost. */
  readonly damaged?: readonly Damage[] | undefined
  readonly torn?: { readonly bytes: number; readonly ambiguous: boolean } | undefined
}

/** What opening an engine depends on. */
export interface OpenStoreRequest<Options> {
  /** The directory is empty and the engine's files are to be made; durable, names included, when `close` resolves. */
  readonly created: boolean
  /** The last owner closed the log. */
  readonly cleanClose: boolean
  /**
   * Where the backend `judgesByClose`: to be called when the engine's files were judged, before anything in them is changed.
   * An open that dies or fails before leaves the next one to judge them by the same close; one that fails behind it does not.
   */
  readonly beginChanges: () => Promise<void>
  readonly options: Options
}

/** A backend over an ordered key-value engine with files. */
export interface StoreBackend<Options> {
  readonly name: string
  readonly summary: string
  /** The newest version of the engine's files that it reads, and the one that it writes. */
  readonly formatVersion: number
  readonly options: OptionsSchema<Options>
  /** `openStore` calls `beginChanges`. Otherwise a log counts as changed before it is called. */
  readonly judgesByClose?: boolean | undefined
  /** Opens the engine in a directory that is its own: locked, and identified as one of this backend. */
  openStore(directory: string, request: OpenStoreRequest<Options>): Promise<OpenedStore>
}

/**
 * Declares a backend over an ordered key-value engine with files: the directory, its lock and its identity, a record of
 * clean closes, and the whole contract come from here; the engine is one adapter. A part of the definition that is not as
 * it must be is a `TypeError` here, and a part of the store one of the open, before a log is made of it.
 */
export function defineStoreBackend<Options>(definition: StoreBackend<Options>): Backend<Options> {
  checkStoreDefinition(definition)
  const { name, summary, options } = definition
  const open = (context: OpenContext<Options>) => openLog(definition, context)
  return defineBackend({ name, summary, needsDirectory: true, options, open })
}

async function openLog<Options>(
  definition: StoreBackend<Options>,
  context: OpenContext<Options>,
): Promise<PersistentLog> {
  const { name, formatVersion, judgesByClose } = definition
  const { firstSlot, options, durability } = context
  if (context.directory === undefined) {
    throw raise.invalidConfig([{ path: 'directory', message: `is required: backend "${name}" stores files` }])
  }
  const directory = await openDirectory({
    directory: context.directory,
    backend: name,
    formatVersion,
    firstSlot,
    judgesByClose,
    initialise: async (enginePath, log) => {
      const beginChanges = (): Promise<void> => Promise.resolve()
      const request = { created: true, cleanClose: true, beginChanges, options }
      const { store } = await openChecked(definition, enginePath, request)
      try {
        await initialiseOrderedStore(store, { ...log, durability })
      } finally {
        await store.close()
      }
    },
  })
  const { cleanClose, enginePath } = directory
  // The engine changes its files while it opens: if it fails behind that, they may be half of what they were to be.
  let hasBegun = false
  const beginChanges = async (): Promise<void> => {
    await directory.beginChanges()
    hasBegun = true
  }
  const request = { created: false, cleanClose, beginChanges, options }
  const opened = await openChecked(definition, enginePath, request).catch(async (cause: unknown) => {
    await directory.end(endOf(false, hasBegun))
    throw missingFile(cause) ?? cause
  })
  // What fails from here on is a refusal, or a write that is watched.
  const session = new Session(directory)
  const log = await openOrderedStoreLog({
    store: session.watch(opened.store),
    backend: name,
    logId: directory.logId,
    context,
    firstSlot: directory.firstSlot,
    created: directory.created,
    cleanClose,
    damaged: opened.damaged,
    torn: opened.torn,
    onClose: () => session.end(),
  })
  session.isServed = true
  return log
}

/** Opens the engine; what cannot be one is closed as far as it goes, so that the next try finds it free. */
async function openChecked<Options>(
  definition: StoreBackend<Options>,
  directory: string,
  request: OpenStoreRequest<Options>,
): Promise<OpenedStore> {
  const opened = await definition.openStore(directory, request)
  try {
    checkOpenedStore(opened, definition.name)
    return opened
  } catch (error) {
    // The first failure is the one to tell.
    await Promise.resolve(opened)
      .then(({ store }) => store.close())
      .catch(() => undefined)
    throw error
  }
}

/** From the opened engine until it is closed: knows how it ends. */
class Session {
  readonly #directory: LogDirectory
  isServed = false
  #hasFailed = false

  constructor(directory: LogDirectory) {
    this.#directory = directory
  }

  end(): Promise<void> {
    return this.#directory.end(endOf(this.isServed, this.#hasFailed))
  }

  /** The same store; a call that changes something and fails is remembered. */
  watch(store: OrderedStore): OrderedStore {
    const { survives, openBy, maxValueBytes } = store
    const noting = async (work: Promise<void>): Promise<void> => {
      try {
        await work
      } catch (cause) {
        this.#hasFailed = true
        throw cause
      }
    }
    return {
      survives,
      openBy,
      maxValueBytes,
      get: (key) => store.get(key),
      ...(store.borrow && { borrow: (key: Uint8Array) => store.borrow!(key) }),
      page: (range) => store.page(range),
      write: (operations) => noting(store.write(operations)),
      ...(store.reclaim && {
        reclaim: (from: Uint8Array, to: Uint8Array) => noting(store.reclaim!(from, to)),
      }),
      close: () => noting(store.close()),
    }
  }
}

/** A log was made here, so that what its store does not find is gone. */
function missingFile(cause: unknown): PersistentLogError | undefined {
  if (!(cause instanceof Error) || !('code' in cause) || cause.code !== 'ENOENT') return undefined
  const file = 'path' in cause && typeof cause.path === 'string' ? cause.path : undefined
  return raise.corrupted(`${file ?? 'a file of the store'} is missing`, { file }, { cause })
}
