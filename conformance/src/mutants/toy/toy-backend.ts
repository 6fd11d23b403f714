import { open, readFile, rm, writeFile, readdir, type FileHandle } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { isPersistentLogError, raise, type OpenContext, type PersistentLog } from '@persistent-log/core'
import {
  defineBackend,
  openDirectory,
  openEngineLog,
  publishFile,
  z,
  type LogDirectory,
} from '@persistent-log/core/backend'
import { ToyBlobs } from './toy-blobs.js'
import { TOY_DEFECTS, type ToyDefect } from './toy-defects.js'
import { ToyEngine } from './toy-engine.js'
import { ToyFile } from './toy-file.js'
import { decodeLines, encodeLine } from './toy-records.js'
import { ToyState } from './toy-state.js'

const FORMAT_VERSION = 1
const OWNER_FILE = 'owner'

const options = z.strictObject({
  /** Broken on purpose: which way. */
  defect: z.enum(Object.keys(TOY_DEFECTS) as [ToyDefect, ...ToyDefect[]]).optional(),
})
type ToyOptions = z.infer<typeof options>

/** Logs of this process, for the defect that gives their locks away. */
const openHere = new Map<string, LogDirectory>()

/** A log in one file of JSON lines: the smallest thing that survives a crash, and its defects. */
export const backend = defineBackend<ToyOptions>({
  name: 'toy',
  summary: 'One file of JSON lines, to be broken and killed by the conformance kit itself',
  needsDirectory: true,
  options,
  open: openToy,
})

async function openToy(context: OpenContext<ToyOptions>): Promise<PersistentLog> {
  const startedMs = performance.now()
  const { defect } = context.options
  const directory = await openPlace(resolve(context.directory ?? '.'), context)
  try {
    const place = directory.enginePath
    if (defect === 'stalePidFile') await takeOwnerFile(directory)
    const blobs = new ToyBlobs(place)
    const { state, tornBytes } = await load(directory)
    const handle = await rewrite(join(place, 'log'), state, defect)
    if (defect === 'noLock') await directory.release()
    const log = await openEngineLog({
      engine: new ToyEngine(directory, new ToyFile(handle, defect), state, blobs, defect),
      firstSlot: directory.firstSlot,
      ledger: state.ledger,
      recovery: {
        created: directory.created,
        cleanClose: directory.cleanClose,
        decisions: state.ledger.decided.count,
        accepted: state.ledger.accepted.count,
        tornBytes,
        ambiguous: tornBytes > 0,
        damaged: [],
        votesLost: false,
        tookMs: performance.now() - startedMs,
      },
      context,
    })
    return defect === 'flushCoversNothing' ? Object.assign(log, { flush: () => Promise.resolve() }) : log
  } catch (error) {
    await directory.end('refused')
    throw error
  }
}

async function openPlace(
  path: string,
  { options: { defect }, firstSlot }: OpenContext<ToyOptions>,
): Promise<LogDirectory> {
  const identity = join(path, 'plog.json')
  if (defect === 'createIfMissing' && !existsSync(identity)) await rm(path, { recursive: true, force: true })
  if (defect === 'strayFileFatal' && existsSync(path)) {
    const stray = (await readdir(path)).find((file) => file.endsWith('.tmp'))
    if (stray !== undefined) throw raise.corrupted(`${stray} is unknown`, { file: join(path, stray) })
  }
  try {
    const directory = await openDirectory({
      directory: path,
      backend: 'toy',
      formatVersion: FORMAT_VERSION,
      firstSlot,
      initialise: (place) => writeFile(join(place, 'log'), encodeLine([])),
    })
    openHere.set(directory.path, directory)
    return directory
  } catch (error) {
    if (defect === 'lockLeak' && isPersistentLogError(error, 'PLOG_LOCKED'))
      await openHere.get(path)?.release()
    if (defect === 'takesAnyBackend' && isPersistentLogError(error, 'PLOG_WRONG_BACKEND')) {
      await rm(path, { recursive: true })
      return openPlace(path, { options: {}, firstSlot } as OpenContext<ToyOptions>)
    }
    throw error
  }
}

/** The defect: a lock that is a file, and that no death removes. */
async function takeOwnerFile(directory: LogDirectory): Promise<void> {
  const file = join(directory.enginePath, OWNER_FILE)
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' })
  } catch {
    throw raise.locked(directory.path, {})
  }
}

async function load({
  enginePath,
  firstSlot,
}: LogDirectory): Promise<{ state: ToyState; tornBytes: number }> {
  const file = join(enginePath, 'log')
  const { writes, tornBytes } = decodeLines(await readFile(file, 'utf8'), file)
  const state = new ToyState(firstSlot)
  for (const effects of writes) state.apply(effects)
  return { state, tornBytes }
}

/** Writes what was recovered as a new file, so that nothing behind a torn line ever comes back. */
async function rewrite(file: string, state: ToyState, defect: ToyDefect | undefined): Promise<FileHandle> {
  const lines = encodeLine(state.asEffects())
  if (defect !== 'recoveryNotAtomic') {
    await publishFile(file, Buffer.from(lines))
    return open(file, 'a')
  }
  const handle = await open(file, 'w')
  for (const effect of state.asEffects()) {
    await handle.appendFile(encodeLine([effect]))
    await handle.datasync()
  }
  return handle
}
