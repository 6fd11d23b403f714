import { setTimeout as sleep } from 'node:timers/promises'
import { TEST_BOOT_ID_VARIABLE } from '@persistent-log/core/backend'
import type { PersistentLog } from '@persistent-log/core'
import { checkReport } from '../crash/expectation.js'
import { differences, observe } from '../crash/observation.js'
import { perform, type Operation } from '../crash/operation.js'
import type { Oracle } from '../crash/oracle.js'
import { matchOutcome, type Interrupted } from '../crash/outcomes.js'
import { DiskImage } from '../disk/disk-image.js'
import { expectRegained, expectVotesRefused, lostVotes } from './lost-votes.js'
import { reasonOf } from '../running/reason.js'
import { Finding, openAfterCrash } from './finding.js'
import type { Bench } from './messages.js'

/** What a state is opened with. */
export interface Examination {
  readonly bench: Bench
  readonly owed: Interrupted
  /** Length of a record that is appended after recovery: bytes that are left behind a cut would fit exactly. */
  readonly valueLength: number
  /** Votes may be lost, and the log must say so then: accepts below power-loss were acknowledged. */
  readonly mayLoseVotes: boolean
  /** The second open follows a clean close; otherwise another power cut that took nothing. */
  readonly closesCleanly: boolean
}

let boots = 0

/** From here on the machine has been started again. */
export function simulateRestart(): void {
  process.env[TEST_BOOT_ID_VARIABLE] = `boot ${++boots} after a power cut`
}

/**
 * Opens a log over files as a crash left them, and looks for everything that it acknowledged. Then it goes on: appends a
 * record of the length of the others, opens once more, and must show the same again. Returns how often it was opened.
 */
export async function examineState(image: DiskImage, examination: Examination): Promise<number> {
  const { bench, closesCleanly } = examination
  image.materialise(bench.place)
  simulateRestart()
  const log = await openAfterCrash(bench, 'after the crash')
  let expected: Oracle
  let left: DiskImage | undefined
  let hasLostVotes: boolean
  try {
    expected = await settledState(log, examination)
    const votes = lostVotes(examination.owed, expected)
    const { votesLost } = log.recovery
    if (votes.length > 0 && !votesLost)
      throw new Finding(`it has forgotten votes, and does not say so: ${votes.join(', ')}`)
    if (votesLost) await expectVotesRefused(log, expected)
    // Who has lost votes still learns.
    const next = sameLengthRecord(expected, examination.valueLength, votesLost ? 'learn' : 'accept')
    await perform(log, next)
    expected.apply(next)
    hasLostVotes = votesLost
    if (!closesCleanly) left = await imageAtRest(bench.place)
  } finally {
    await log.close()
  }
  if (left !== undefined) {
    left.materialise(bench.place)
    simulateRestart()
  }
  const when = closesCleanly ? 'after a clean close' : 'after a second power cut'
  // What was cut off again may have lost others.
  const mayLoseMore = examination.mayLoseVotes && !closesCleanly
  await expectSame(bench, expected, when, hasLostVotes ? 'lost' : mayLoseMore ? 'perhaps' : 'kept')
  if (!hasLostVotes) return 2
  await expectRegained(bench, expected, sameLengthRecord(expected, examination.valueLength))
  await expectSame(bench, expected, 'when the loss of its votes had been accepted', 'kept')
  return 4
}

/** So often a directory is read while a thread of an engine changes it, ... */
const MOST_LOOKS = 1_000
/** ... and so long it is left alone in between, in ms. */
const BETWEEN_LOOKS_MS = 2

/**
 * The files as they are at one moment. An engine with threads of its own may change them while they are read, one after the
 * other: what differs from look to look never was on the disk together.
 */
export async function imageAtRest(place: string): Promise<DiskImage> {
  for (let look = 0; look < MOST_LOOKS; look++) {
    if (look > 0) await sleep(BETWEEN_LOOKS_MS)
    const [one, two] = [imageUnlessMoved(place), imageUnlessMoved(place)]
    if (one !== undefined && two?.differencesFrom(one).length === 0) return two
  }
  throw new Error(`the files did not come to rest while they were read ${MOST_LOOKS} times`)
}

/** `undefined` when a file went while the directory was read. */
function imageUnlessMoved(place: string): DiskImage | undefined {
  try {
    return DiskImage.read(place)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** The state that the log settled on, which must be one that its acknowledgements allow. */
export async function settledState(
  log: PersistentLog,
  { owed, mayLoseVotes }: Pick<Examination, 'owed' | 'mayLoseVotes'>,
): Promise<Oracle> {
  const found = await observe(log)
  const verdict = matchOutcome(owed, found)
  if (verdict.state === undefined) {
    const inFlight = [...owed.begun].filter((at) => !owed.acknowledged.has(at))
    throw new Finding(
      `it does not hold what it acknowledged (in flight were ` +
        `${JSON.stringify(inFlight.map((at) => owed.operations[at]))}). "-" is missing, "+" is too much:\n` +
        verdict.differences.slice(0, 20).join('\n'),
    )
  }
  const recovery = mayLoseVotes ? { ...log.recovery, votesLost: false } : log.recovery
  try {
    checkReport(recovery, found)
  } catch (error) {
    throw new Finding(`its report is not what it shows: ${reasonOf(error)}: ${JSON.stringify(log.recovery)}`)
  }
  return verdict.state.copy()
}

async function expectSame(
  bench: Bench,
  expected: Oracle,
  when: string,
  votes: 'lost' | 'kept' | 'perhaps',
): Promise<void> {
  const log = await openAfterCrash(bench, when)
  try {
    const { votesLost } = log.recovery
    if (votes !== 'perhaps' && votesLost !== (votes === 'lost'))
      throw new Finding(`${when} it says that votesLost is ${votesLost}, but its votes are ${votes}`)
    if (votesLost) await expectVotesRefused(log, expected)
    const apart = differences(expected.expected(), await observe(log))
    if (apart.length > 0) {
      throw new Finding(`${when} it does not show what it had shown:\n${apart.slice(0, 20).join('\n')}`)
    }
  } finally {
    await log.close()
  }
}

/** A record as long as all others, behind everything that the log holds; it survives a power cut, whatever others do. */
export function sameLengthRecord(
  state: Oracle,
  valueLength: number,
  kind: 'accept' | 'learn' = 'accept',
): Operation {
  const value = 'after the crash;'.repeat(valueLength).slice(0, valueLength)
  const { round, nodeId } = state.promised ?? { round: 1, nodeId: 0 }
  return { kind, entry: { slot: state.nextSlot(), round, nodeId, value }, survives: 'power-loss' }
}
