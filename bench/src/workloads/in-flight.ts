import { performance } from 'node:perf_hooks'
import { BALLOT } from '../subjects/log-subject.js'
import { logOf } from './needs.js'
import { acceptBatch } from './prepare.js'
import { ORDINARY, type Bed, type Step, type Workload } from './workload.js'

const WIDTHS = [1, 10, 100, 1_000] as const
/** Operations of each lane in a timed piece. */
const PER_LANE = 4
const NS_PER_MS = 1e6

/** Closed loops: so many callers, each asking for its next write when its last one was acknowledged. */
export const inFlightWorkloads: readonly Workload[] = [
  ...WIDTHS.map((width): Workload => ({
    ...ORDINARY,
    name: `closed-loop-${width}`,
    title: `accept (process-crash) + commit (power-loss), ${width} in flight; a peer writes once`,
    suites: ['durability', 'hybrid'],
    isQuick: width !== 10,
    maxOperations: 1_000_000,
    leastWarmUp: 300 * width,
    begin: (bed) => closedLoop(bed, width),
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

function closedLoop(bed: Bed, width: number): Step {
  const write = writer(bed)
  const operation = async (): Promise<void> => {
    const start = performance.now()
    await write(bed.decided++)
    bed.record((performance.now() - start) * NS_PER_MS)
  }
  return {
    chunk: width * PER_LANE,
    async run(operations) {
      let left = operations
      const lane = async (): Promise<void> => {
        while (left > 0) {
          left--
          await operation()
        }
      }
      await Promise.all(Array.from({ length: width }, lane))
    },
  }
}

/** What one caller does for a slot. */
function writer({ subject, values }: Bed): (slot: number) => Promise<void> {
  const { log } = subject
  if (log === undefined) return (slot) => subject.decide(slot, [values.at(slot)])
  return async (slot) => {
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
