import { CALLS_TO_WARM_UP, type Workload } from '../workloads/workload.js'

/** Large values warm nothing up that small ones do not: a bound on what is written without being measured. */
const MOST_BYTES = 16 * 1024 * 1024

/**
 * Operations before the measurement, at least. Durable writes take so long that by time alone the compiler of V8 would have
 * seen a few hundred.
 */
export function leastWarmUpOf(
  { leastWarmUp, survives, valueBytes }: Pick<Workload, 'leastWarmUp' | 'survives' | 'valueBytes'>,
  entriesPerOperation = 1,
): number {
  if (leastWarmUp !== undefined) return leastWarmUp
  if (survives !== 'power-loss') return 0
  return Math.min(CALLS_TO_WARM_UP, Math.ceil(MOST_BYTES / (valueBytes * entriesPerOperation)))
}
