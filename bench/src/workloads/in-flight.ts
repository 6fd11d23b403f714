import { BALLOT } from '../subjects/log-subject.js'
import { callsToWarmUp, closedLoop } from './closed-loop.js'
import { ORDINARY, type Bed, type Workload } from './workload.js'

const WIDTHS = [1, 10, 100, 1_000] as const

/** Closed loops: so many callers, each asking for its next write when its last one was acknowledged. */
export const inFlightWorkloads: readonly Workload[] = WIDTHS.map((width): Workload => ({
  ...ORDINARY,
  name: `closed-loop-${width}`,
  title: `accept (process-crash) + commit (power-loss), ${width} in flight; a peer writes once`,
  suites: ['durability', 'hybrid'],
  isQuick: width !== 10,
  maxOperations: 1_000_000,
  leastWarmUp: callsToWarmUp(width),
  begin: (bed) => closedLoop(bed, width, writer(bed)),
}))

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
