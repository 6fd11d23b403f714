import { readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import {
  isPersistentLogError,
  raise,
  type Damage,
  type OpenContext,
  type PersistentLog,
} from '@persistent-log/core'
import {
  defineBackend,
  openDirectory,
  openEngineLog,
  fields,
  oneOf,
  v,
  type LogDirectory,
} from '@persistent-log/core/backend'
import { ToyBlobs } from './toy-blobs.js'
import { LOSES_VOTES, TOY_DEFECTS, type ToyDefect } from './toy-defects.js'
import { ToyEngine } from './toy-engine.js'
import { ToyJournal } from './toy-journal.js'
import { withDefect } from './toy-calls.js'
import { decodeFile, type FoundFile } from './toy-records.js'
import { ToyState } from './toy-state.js'

const FORMAT_VERSION = 1
const LOG_FILE = 'log'
const OWNER_FILE = 'owner'
const OPENING_FILE = 'opening'

const options = fields({
  /** Broken on purpose: which way. */
  defect: v.optional(oneOf(Object.keys(TOY_DEFECTS) as ToyDefect[])),
})
type ToyOptions = v.InferOutput<typeof options>

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
  const wasThere = context.directory !== undefined && existsSync(context.directory)
  const directory = await openPlace(resolve(context.directory ?? '.'), context)
  try {
    const place = directory.enginePath
    if (defect === 'stalePidFile') await takeOwnerFile(directory)
    if (leavesMark(defect, directory)) await beginOpening(directory)
    const blobs = new ToyBlobs(place, defect)
    const { state, found, damaged } = await load(directory, context)
    const votesLost = losesVotes(directory, state, defect)
    const { tornBytes } = found
    const journal = await goOn(directory, state, found, defect)
    if (defect === 'noLock') await directory.release()
    if (leavesMark(defect, directory)) await rm(join(place, OPENING_FILE))
    // It would end no sooner than the kit itself: it acts in the processes that the kit forks.
    if (defect === 'timerWhileOpen' && process.send !== undefined) setInterval(() => undefined, 1_000)
    const log = await openEngineLog({
      engine: new ToyEngine(directory, journal, state, blobs, defect),
      firstSlot: directory.firstSlot,
      ledger: state.ledger,
      recovery: {
        created: directory.created && !(defect === 'creationNotTold' && wasThere),
        cleanClose: directory.cleanClose || defect === 'endNotNoticed',
        decisions: state.ledger.decided.count,
        accepted: state.ledger.accepted.count,
        tornBytes,
        ambiguous: tornBytes > 0,
        damaged,
        votesLost,
        tookMs: performance.now() - startedMs,
      },
      context: { ...context, acceptLostVotes: context.acceptLostVotes && defect !== 'votesNeverRegained' },
    })
    return withDefect(log, damaged, defect)
  } catch (error) {
    // Where more has failed than a look at the file, it may be another one already, which no close has ended.
    await directory.end(isPersistentLogError(error, 'PLOG_CORRUPTED') ? 'refused' : 'failed')
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
      initialise: async (place, log) => {
        const content = { effects: [] }
        const journal = await ToyJournal.publish(join(place, LOG_FILE), hexOf(log.logId), content, undefined)
        // A log that was created and never opened counts as closed.
        await journal.append({ effects: [], closed: true })
        await journal.flush()
        await journal.close()
      },
    })
    openHere.set(directory.path, directory)
    return directory
  } catch (error) {
    if (defect === 'lockLeak' && isPersistentLogError(error, 'PLOG_LOCKED'))
      await openHere.get(path)?.release()
    const isInTheWay =
      (defect === 'takesAnyBackend' && isPersistentLogError(error, 'PLOG_WRONG_BACKEND')) ||
      (defect === 'startsAnew' && !isPersistentLogError(error, 'PLOG_LOCKED'))
    if (isInTheWay) {
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

const leavesMark = (defect: ToyDefect | undefined, { created, enginePath }: LogDirectory): boolean =>
  defect === 'openingNotRepeatable' ||
  (defect === 'creationNotRepeatable' && (created || existsSync(join(enginePath, OPENING_FILE))))

/** The defects: what an opening that was killed leaves behind is taken for damage. */
async function beginOpening({ enginePath }: LogDirectory): Promise<void> {
  const file = join(enginePath, OPENING_FILE)
  if (existsSync(file)) throw raise.corrupted(`${file} tells of an unfinished opening`, { file })
  await writeFile(file, '')
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

async function load(
  { enginePath, firstSlot, logId, cleanClose, created }: LogDirectory,
  { options: { defect }, recovery }: OpenContext<ToyOptions>,
): Promise<{ state: ToyState; found: FoundFile; damaged: Damage[] }> {
  const file = join(enginePath, LOG_FILE)
  const bytes = await read(file, hexOf(logId), defect)
  const expectation = {
    file,
    logId: hexOf(logId),
    cleanClose: cleanClose && !created,
    salvages: recovery === 'salvage',
    defect,
  }
  const found = decodeFile(bytes, expectation)
  if (defect === 'tornLineFatal' && found.tornBytes > 0) throw raise.corrupted(`${file} is torn`, { file })
  const state = new ToyState(firstSlot)
  for (const { effects, lost = [], votesLost = false } of found.lines) {
    state.lose(lost)
    state.ledger.votesLost ||= votesLost
    state.apply(effects)
  }
  const [slot] = state.lost
  if (slot !== undefined && recovery === 'strict')
    throw raise.corrupted(`slot ${slot} was lost`, { file, slot })
  return { state, found, damaged: damageOf(state, defect) }
}

/** Whether votes may be lost: an unclean end in another start of the machine may have taken weaker ones. */
function losesVotes(
  { cleanClose, sameBoot, created }: LogDirectory,
  { ledger }: ToyState,
  defect: ToyDefect | undefined,
): boolean {
  if (!LOSES_VOTES.has(defect) || defect === 'votesLostUntold') return false
  const votesLost = ledger.votesLost || !(cleanClose || sameBoot || created)
  ledger.votesLost = votesLost && defect !== 'votesLostTaken'
  return votesLost
}

/** What a log that was opened to be salvaged has lost. */
function damageOf({ ledger, lost }: ToyState, defect: ToyDefect | undefined): Damage[] {
  const about = { reason: 'a line is not what was written', file: `engine/${LOG_FILE}` }
  if (defect === 'salvageNamesNothing' || defect === 'damagedIsEmpty')
    ledger.damaged.remove(0, Number.MAX_SAFE_INTEGER)
  if (defect === 'salvageNamesNothing') return lost.length > 0 ? [about] : []
  return lost.map((slot) => ({ ...about, slots: { from: slot, to: slot + 1 } }))
}

async function read(file: string, logId: string, defect: ToyDefect | undefined): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw raise.io('read', { file }, { cause })
    if (defect !== 'missingFileIsEmpty') throw raise.corrupted(`${file} is missing`, { file }, { cause })
    const journal = await ToyJournal.publish(file, logId, { effects: [] }, undefined)
    await journal.append({ effects: [], closed: true })
    await journal.close()
    return readFile(file)
  }
}

/** Nothing behind the last line is left where it was. */
async function goOn(
  { enginePath, logId, sameBoot, cleanClose }: LogDirectory,
  state: ToyState,
  found: FoundFile,
  defect: ToyDefect | undefined,
): Promise<ToyJournal> {
  const file = join(enginePath, LOG_FILE)
  const goesOnAsItIs =
    (defect === 'pageCacheBelieved' && !cleanClose && sameBoot && found.tornBytes === 0) ||
    defect === 'staleBytesBehindCut' ||
    (defect === 'shortTailIsClean' && found.tornBytes > 0 && found.tornBytes <= 4)
  const effects = state.asEffects()
  const votesLost = state.ledger.votesLost && defect !== 'votesLostForgotten'
  const lost = defect === 'damageForgotten' ? [] : state.lost
  const content = { effects, lost, ...(votesLost && { votesLost }) }
  if (!goesOnAsItIs) return ToyJournal.publish(file, hexOf(logId), content, defect)
  const goodBytes = defect === 'shortTailIsClean' ? found.goodBytes + found.tornBytes : found.goodBytes
  return ToyJournal.goOn(file, { ...found, goodBytes }, defect)
}
