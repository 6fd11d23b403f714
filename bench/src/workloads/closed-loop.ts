import { performance } from 'node:perf_hooks'
import { CALLS_TO_WARM_UP, type Bed, type Step } from './workload.js'

/** Operations of each lane in a timed piece. */
const PER_LANE = 4
const NS_PER_MS = 1e6

/** Writes of so many callers until their way is compiled. */
export function callsToWarmUp(width: number): number {
  return Math.max(CALLS_TO_WARM_UP, 300 * width)
}

/** One lane in so many is timed: two looks at the clock and a histogram cost more than all else that the harness does. */
const LANES_PER_TIMED = 16

/** So many callers, each asking for its next write when its last one was acknowledged. */
export function closedLoop(bed: Bed, width: number, write: () => Promise<void>): Step {
  const timed = async (): Promise<void> => {
    const start = performance.now()
    await write()
    bed.record((performance.now() - start) * NS_PER_MS)
  }
  return {
    chunk: width * PER_LANE,
    async run(operations) {
      let left = operations
      const lane = async (operation: () => Promise<void>): Promise<void> => {
        while (left > 0) {
          left--
          await operation()
        }
      }
      await Promise.all(
        Array.from({ length: width }, (_, index) => lane(index % LANES_PER_TIMED === 0 ? timed : write)),
      )
    },
  }
}
