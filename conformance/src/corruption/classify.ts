import { isPersistentLogError, type ErrorCode, type PersistentLog } from '@persistent-log/core'
import { CONFIGURATION_NAMES } from '../crash/operation.js'
import { differences, observe, sha256, type Observation } from '../crash/observation.js'
import { shownEntry } from '../running/dump.js'
import { hex, joined } from '../running/values.js'
import type { OpenOrder } from '../running/target.js'
import { openLogUnderTest } from '../running/target.js'

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
  const message = error instanceof Error ? error.message : String(error)
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
  const mustName = order.config.recovery === 'salvage'
  try {
    const isUnharmed = differences(expected, await observe(log)).length === 0
    // Only what was noticed here was noticed at all: a scan may have passed by what a read stumbles over.
    return isUnharmed ? gravest([]) : gravest(await examine(log, expected, mustName))
  } catch {
    return gravest(await examine(log, expected, mustName))
  } finally {
    await log.close().catch(() => undefined)
  }
}

/** One look at each thing that the log held. */
async function examine(log: PersistentLog, expected: Observation, mustName: boolean): Promise<Classified[]> {
  const { damaged, votesLost } = log.recovery
  const { nextSlot } = log.bounds()
  // Where the end of a log is missing, nobody can tell how far it reached.
  const isNamed = (slot: number): boolean =>
    slot >= nextSlot ||
    damaged.some(({ slots }) => slots !== undefined && slots.from <= slot && slot < slots.to)
  const told = damaged.map(({ reason }) => reason).join('; ') || (votesLost ? 'votes are lost' : undefined)
  const compared = (
    what: string,
    wanted: string | undefined,
    found: string | undefined,
    slot: number | undefined,
  ): Classified => {
    if (found === wanted) return { consequence: 'ok', evidence: what }
    if (wanted === undefined)
      return { consequence: 'wrong', evidence: `${what} was never stored: ${found ?? ''}` }
    const isLostVote = votesLost && isVote(what)
    if (found === undefined || isDemoted(wanted, found) || isLostVote) {
      const isPassedOver = mustName && slot !== undefined && !isLostVote && !isNamed(slot)
      return told === undefined || isPassedOver
        ? { consequence: 'silent', evidence: `${what} is ${found ?? 'gone'}, not ${wanted}` }
        : { consequence: 'located', evidence: told }
    }
    return { consequence: 'wrong', evidence: `${what} is ${found}, not ${wanted}` }
  }
  const look: Look = async (what, wanted, read, slot) => {
    try {
      return compared(what, wanted, await read(), slot)
    } catch (error) {
      return refusal(what, error)
    }
  }
  return [
    ...(await entries(log, expected, look)),
    ...(await configurations(log, expected, look)),
    ...(await checkpoints(log, expected, look)),
    ...(await bounds(log, expected, look)),
  ]
}

/** What a log that tells of lost votes may have an older version of: the hard state of a Raft node is a record. */
const isVote = (what: string): boolean => /^(?:proposal|configuration) /.test(what)

/** A decision that is a proposal again: nothing that it shows is wrong, but it has forgotten something. */
function isDemoted(wanted: string, found: string): boolean {
  const withoutProof = (line: string): string => line.replace(/ \(.*\)$/, '')
  return withoutProof(found) === withoutProof(wanted).replace(' decided ', ' accepted ')
}

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

type Look = (
  what: string,
  wanted: string | undefined,
  read: () => Promise<string | undefined>,
  /** Where it is an entry: that of the slot. */
  slot?: number,
) => Promise<Classified>

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
  results.push(
    await look('what a scan shows', expected.entries.join(), async () => {
      const shown: string[] = []
      for await (const entry of log.decisions({}, { includeAccepted: true })) shown.push(shownEntry(entry))
      // What is missing was counted above; here only what was never stored matters.
      const isMadeUp = shown.some((line) => !expected.entries.includes(line))
      return isMadeUp ? shown.join() : expected.entries.join()
    }),
  )
  return results
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
