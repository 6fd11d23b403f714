import { isPersistentLogError } from '@persistent-log/core'
import { BALLOT } from '../subjects/log-subject.js'
import type { Subject } from '../subjects/subject.js'
import { logOf } from './needs.js'
import { acceptBatch, commitAccepted } from './prepare.js'
import { FIRST_PASS, ORDINARY, type Bed, type Step, type Workload } from './workload.js'

/** Calls that return at once, per timed piece. */
const CHUNK = 1_000
/** Proposals that are accepted, untimed, before so many commits are timed. */
const PREPARED = 10_000
const MOST = 1_000_000

type Kind = 'accept' | 'accept-commit' | 'commit'

const TITLES: Readonly<Record<Kind, string>> = {
  accept: 'syncWrites.accept',
  'accept-commit': 'syncWrites.accept + commit',
  commit: 'syncWrites.commit',
}

/** `syncWrites`, at the survival that the log names. */
export const syncWriteWorkloads: readonly Workload[] = (['accept', 'accept-commit', 'commit'] as const).map(
  (kind): Workload => ({
    ...ORDINARY,
    name: `${kind}-sync`,
    title: `${TITLES[kind]}, process-crash`,
    suites: ['hybrid', 'interface'],
    isQuick: true,
    survives: 'process-crash',
    maxOperations: MOST,
    ...FIRST_PASS,
    isForLogs: true,
    misses: processCrashWrites,
    begin: (bed) => syncWrites(bed, kind),
  }),
)

/** Why a subject has no writes at once that survive the crash of the process, and no more than that. */
export function processCrashWrites({ log }: Subject): string | undefined {
  if (log?.syncWrites === undefined) return 'it has no syncWrites'
  const { survives } = log.syncWrites
  return survives === 'process-crash' ? undefined : `its syncWrites survive ${survives}`
}

/** Where the log would have to wait it says so, and the asynchronous call does the waiting: as a user would write it. */
function syncWrites(bed: Bed, kind: Kind): Step {
  const log = logOf(bed.subject)
  const writes = log.syncWrites!
  const survives = 'process-crash'
  let slot = bed.decided
  let busyCalls = 0

  const isDone = (): boolean => {
    try {
      if (kind !== 'commit') writes.accept({ slot, ballot: BALLOT, value: bed.values.at(slot) })
      if (kind !== 'accept') writes.commit({ slot, ballot: BALLOT })
      return true
    } catch (error) {
      if (!isPersistentLogError(error, 'PLOG_BUSY')) throw error
      busyCalls++
      return false
    }
  }
  const wait = async (): Promise<void> => {
    if (kind !== 'commit')
      await log.accept({ slot, ballot: BALLOT, value: bed.values.at(slot) }, { survives })
    if (kind !== 'accept') await log.commit({ slot, ballot: BALLOT }, { survives })
  }
  const goOn = async (operations: number): Promise<void> => {
    for (let count = 0; count < operations; count++, slot++) if (!isDone()) await wait()
  }
  return {
    chunk: CHUNK,
    ...(kind === 'commit'
      ? { block: PREPARED, before: (operations: number) => acceptBatch(bed, slot, operations, survives) }
      : {}),
    run(operations) {
      for (let count = 0; count < operations; count++, slot++) if (!isDone()) return goOn(operations - count)
    },
    async end() {
      if (kind === 'accept') await commitAccepted(bed, bed.decided, slot)
      bed.decided = slot
      bed.note('busyCalls', busyCalls)
    },
  }
}
