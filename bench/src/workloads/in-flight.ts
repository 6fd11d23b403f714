import { BALLOT } from '../subjects/log-subject.js'
import { closedLoop } from './closed-loop.js'
import { logOf } from './needs.js'
import { acceptBatch } from './prepare.js'
import { CALLS_TO_WARM_UP, ORDINARY, type Bed, type Step, type Workload } from './workload.js'

const WIDTHS = [1, 10, 100, 1_000] as const

/** Closed loops: so many callers, each asking for its next write when its last one was acknowledged. */
export const inFlightWorkloads: readonly Workload[] = [
  ...WIDTHS.map((width): Workload => ({
    ...ORDINARY,
    name: `closed-loop-${width}`,
    title: `accept (process-crash) + commit (power-loss), ${width} in flight; a peer writes once`,
    suites: ['durability', 'hybrid'],
    isQuick: width !== 10,
    maxOperations: 1_000_000,
    leastWarmUp: Math.max(CALLS_TO_WARM_UP, 300 * width),
    begin: (bed) => closedLoop(bed, width, writer(bed)),
  })),
  {
    ...ORDINARY,
    name: 'commit-1000-in-flight',
    title: 'commit (process-crash), 1,000 in flight',
    suites: ['hybrid', 'interface'],
    isQuick: true,
    survives: 'process-crash',
    maxOperations: 500_000,
    leastWarmUp: 50_000,
    isForLogs: true,
    begin: commitManyAtOnce,
  },
]

/** What one caller does for the next slot. */
function writer(bed: Bed): () => Promise<void> {
  const { subject, values } = bed
  const { log } = subject
  if (log === undefined) {
    return () => {
      const slot = bed.decided++
      return subject.decide(slot, [values.at(slot)])
    }
  }
  return async () => {
    const slot = bed.decided++
    await log.accept({ slot, ballot: BALLOT, value: values.at(slot) }, { survives: 'process-crash' })
    await log.commit({ slot, ballot: BALLOT }, { survives: 'power-loss' })
  }
}

function commitManyAtOnce(bed: Bed): Step {
  const log = logOf(bed.subject)
  const survives = 'process-crash'
  return {
    chunk: 1_000,
    before: (operations) => acceptBatch(bed, bed.decided, operations, survives),
    async run(operations) {
      const commits = Array.from({ length: operations }, (_, index) =>
        log.commit({ slot: bed.decided + index, ballot: BALLOT }, { survives }),
      )
      await Promise.all(commits)
      bed.decided += operations
    },
  }
}
