import type { Workload } from '../workloads/workload.js'

/** What the time of a cell goes by, where the machine drifts. */
export type WaitsFor = 'processor' | 'device'

/** Backends that flush every write, whatever it asks for. */
const ALWAYS_FLUSHING: readonly string[] = ['lmdb', 'level']

/** Durable writes wait for the device, everything else for the processor, unless the workload knows better. */
export function waitsFor(
  backend: string,
  workload: Pick<Workload, 'survives' | 'isReadOnly' | 'beginsFrom' | 'waitsFor'>,
): WaitsFor {
  const { survives, isReadOnly, beginsFrom, waitsFor: known } = workload
  if (known !== undefined) return known
  if (isReadOnly === true || beginsFrom === 'killed') return 'processor'
  return survives === 'power-loss' || ALWAYS_FLUSHING.includes(backend) ? 'device' : 'processor'
}
