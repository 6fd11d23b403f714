import { isPersistentLogError, type ErrorCode, type PersistentLog } from '@persistent-log/core'
import { CONFIGURATION_NAMES } from '../crash/operation.js'
import { differences, observe, sha256, type Observation } from '../crash/observation.js'
import { shownEntry } from '../running/dump.js'
import { hex, joined } from '../running/values.js'
import type { OpenOrder } from '../running/target.js'
import { openLogUnderTest } from '../running/target.js'
import { triesOver } from './damaged-slots.js'
import { verification } from './verification.js'
import { reasonOf } from '../running/reason.js'

/** What came of damage, short of the death of the process. */
export type Consequence = 'ok' | 'located' | 'silent' | 'wrong'

/** A consequence, and what shows it. */
export interface Classified {
  readonly consequence: Consequence
  readonly evidence: string
}

/** The answers that damage may get: it is noticed, and called by its name. */
const RIGHT_REFUSALS: ReadonlySet<ErrorCode> = new Set(['PLOG_CORRUPTED', 'PLOG_UNKNOWN_FORMAT'])

const SEVERITY: readonly Consequence[] = ['ok', 'located', 'silent', 'wrong']

/** The gravest of some consequences. */
function gravest(all: readonly Classified[]): Classified {
  return all.reduce((a, b) => (SEVERITY.indexOf(b.consequence) > SEVERITY.indexOf(a.consequence) ? b : a), {
    consequence: 'ok',
    evidence: 'all of it is there',
  })
}

/** What a refusal is worth. */
export function refusal(what: string, error: unknown): Classified {
  const message = reasonOf(error)
  const isRight = isPersistentLogError(error) && RIGHT_REFUSALS.has(error.code)
  return {
    consequence: isRight ? 'located' : 'wrong',
    evidence: isRight ? `${what}: ${message}` : `${what} was refused for another reason: ${message}`,
  }
}

/**
 * Opens a damaged log, and compares all that it shows with what it held. One that is opened to be salvaged names every slot
 * that it lost: who fetches those from elsewhere has everything again.
 */
export async function classify(order: OpenOrder, expected: Observation): Promise<Classified> {
  let log: PersistentLog
  try {
    log = await openLogUnderTest(order)
  } catch (error) {
    return refusal('opening', error)
  }
  try {
    const isUnharmed = differences(expected, await observe(log)).length === 0
    // Only what was noticed here was noticed at all: a scan may have passed by what a read stumbles over.
    return isUnharmed ? gravest([]) : gravest(await examine(log, expected))
  } catch {
    return gravest(await examine(log, expected))
  } finally {
    await log.close().catch(() => undefined)
  }
}

/** One look at each thing that the log held; then the calls that what was lost must not be open to. */
async function examine(log: PersistentLog, expected: Observation): Promise<Classified[]> {
  const looks = new Looks(log)
  const found = [
    ...(await entries(log, expected, looks.at)),
    await scanned(log, expected, looks.damaged),
    ...(await configurations(log, expected, looks.at)),
    ...(await checkpoints(log, expected, looks.at)),
    ...(await bounds(log, expected, looks.at)),
  ]
  if (looks.isRefused) found.push(await verification(log, looks.damaged))
  return [...found, ...(await triesOver(log, looks.lost, looks.damaged))]
}

type Look = (
  what: string,
  wanted: string | undefined,
  read: () => Promise<string | undefined>,
  /** Where it is an entry: that of the slot. */
  slot?: number,
) => Promise<Classified>

class Looks {
  /** A read was refused. */
  isRefused = false
  /** Slots whose read was refused. */
  readonly damaged = new Set<number>()
  /** What is no longer shown of slots, rightly: their lines. */
  readonly lost = new Map<number, string>()
  readonly #votesLost: boolean
  readonly #nextSlot: number
  readonly #told: string | undefined

  constructor(log: PersistentLog) {
    const { damaged, votesLost } = log.recovery
    this.#votesLost = votesLost
    this.#nextSlot = log.bounds().nextSlot
    this.#told = damaged.map(({ reason }) => reason).join('; ') || (votesLost ? 'votes are lost' : undefined)
  }

  readonly at: Look = async (what, wanted, read, slot) => {
    try {
      return this.#compared(what, wanted, await read(), slot)
    } catch (error) {
      this.isRefused = true
      if (slot !== undefined && wanted !== undefined) {
        this.damaged.add(slot)
        this.lost.set(slot, wanted)
      }
      return refusal(what, error)
    }
  }

  #compared(
    what: string,
    wanted: string | undefined,
    found: string | undefined,
    slot: number | undefined,
  ): Classified {
    if (found === wanted) return { consequence: 'ok', evidence: what }
    if (wanted === undefined)
      return { consequence: 'wrong', evidence: `${what} was never stored: ${found ?? ''}` }
    const isLostVote = this.#votesLost && isVote(what)
    if (found !== undefined && !isLostVote)
      return { consequence: 'wrong', evidence: `${what} is ${found}, not ${wanted}` }
    // A damaged slot is not an empty one, whatever was told of it. Only where the end of a log is missing nobody can tell how
    // far it reached: such a log has told that votes are lost, and casts none.
    const isBehindEnd = this.#votesLost && slot !== undefined && slot >= this.#nextSlot
    if (this.#told === undefined || (slot !== undefined && !isLostVote && !isBehindEnd))
      return { consequence: 'silent', evidence: `${what} is ${found ?? 'gone'}, not ${wanted}` }
    if (slot !== undefined) this.lost.set(slot, wanted)
    return { consequence: 'located', evidence: this.#told }
  }
}

/** What a log that tells of lost votes may have an older version of: the hard state of a Raft node is a record. */
const isVote = (what: string): boolean => /^(?:proposal|configuration) /.test(what)

/** What only grows: less of it was forgotten, more of it was made up. */
async function bounds(log: PersistentLog, expected: Observation, look: Look): Promise<Classified[]> {
  const growing = (what: string, wanted: number, found: number): Promise<Classified> =>
    look(what, String(wanted), async () => (found < wanted ? undefined : String(found)))
  const rank = (ballot = log.promised()): number =>
    ballot === undefined ? -1 : ballot.round * 1_000 + ballot.nodeId
  return [
    await growing('the promise', rank(expected.promised), expected.promised ? rank() : -1),
    await growing('the point', expected.bounds.compactedBefore, log.bounds().compactedBefore),
  ]
}

/** The entry of a slot as a scan shows it. */
export async function shownAt(log: PersistentLog, slot: number): Promise<string | undefined> {
  const decided = await log.read(slot)
  if (decided !== undefined) return shownEntry({ ...decided, status: 'decided' })
  const accepted = await log.readAccepted(slot)
  return accepted && shownEntry({ ...accepted, status: 'accepted' })
}

async function entries(log: PersistentLog, expected: Observation, look: Look): Promise<Classified[]> {
  const results: Classified[] = []
  for (const wanted of expected.entries) {
    const [slot = 0, isDecided] = [Number(wanted.split(' ')[0]), wanted.includes(' decided ')]
    const what = `${isDecided ? 'decision' : 'proposal'} ${slot}`
    results.push(await look(what, wanted, () => shownAt(log, slot), slot))
  }
  return results
}

/** A scan shows nothing that was never stored, and ends over a damaged slot by an error: it never just passes it. */
async function scanned(
  log: PersistentLog,
  { entries: stored }: Observation,
  damaged: ReadonlySet<number>,
): Promise<Classified> {
  const what = 'what a scan shows'
  const shown: string[] = []
  try {
    for await (const entry of log.decisions({}, { includeAccepted: true })) shown.push(shownEntry(entry))
  } catch (error) {
    return refusal('a scan', error)
  }
  const madeUp = shown.filter((line) => !stored.includes(line))
  if (madeUp.length > 0)
    return { consequence: 'wrong', evidence: `${what} was never stored: ${madeUp.join()}` }
  // What is missing beside those was counted where it was looked for.
  return damaged.size > 0
    ? { consequence: 'silent', evidence: `a scan passed over the damaged slots ${[...damaged].join()}` }
    : { consequence: 'ok', evidence: what }
}

async function configurations(log: PersistentLog, expected: Observation, look: Look): Promise<Classified[]> {
  return Promise.all(
    CONFIGURATION_NAMES.map((name) => {
      const wanted = expected.configurations.find((line) => line.startsWith(`${name} `))
      return look(`configuration ${name}`, wanted, async () => {
        const record = await log.configuration.load(name)
        return record && `${name} ${record.version} ${hex(record.value)}`
      })
    }),
  )
}

async function checkpoints(log: PersistentLog, expected: Observation, look: Look): Promise<Classified[]> {
  const results: Classified[] = []
  for (const wanted of expected.states) {
    const slot = Number(wanted.split(' ')[0])
    results.push(
      await look(`checkpoint ${slot}`, wanted, async () => {
        const listed = (await log.checkpoints.list()).some((one) => one.slot === slot)
        return listed ? `${slot} ${sha256(await joined(log.checkpoints.read(slot)))}` : undefined
      }),
    )
  }
  return results
}
