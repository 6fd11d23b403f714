/**
 * The worst event that acknowledged data outlives, from the weakest to the strongest.
 *
 * - `nothing`: it is gone when the process ends.
 * - `process-crash`: it outlives `kill -9`; the operating system holds it.
 * - `power-loss`: it outlives the machine's power; the storage device confirmed a flush.
 * - `machine-loss`: it outlives the machine; other machines hold it too.
 */
export type Survival = 'nothing' | 'process-crash' | 'power-loss' | 'machine-loss'

/** All levels, weakest first. */
export const SURVIVALS: readonly Survival[] = ['nothing', 'process-crash', 'power-loss', 'machine-loss']

/** True when data that survives `actual` also survives `wanted`. */
export function survivesAtLeast(actual: Survival, wanted: Survival): boolean {
  return SURVIVALS.indexOf(actual) >= SURVIVALS.indexOf(wanted)
}
