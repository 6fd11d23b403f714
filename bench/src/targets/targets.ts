import { HYBRID_TARGETS } from './hybrid-targets.js'
import { INTERFACE_TARGETS } from './interface-targets.js'
import type { Target } from './target.js'

/** Everything that we promise. Shown after a run, never asserted in a test. */
export const TARGETS: readonly Target[] = [...HYBRID_TARGETS, ...INTERFACE_TARGETS]

/** Whether one of them rests on this workload on this subject. */
export function isPromised(backend: string, workload: string): boolean {
  return TARGETS.some(({ subject, against, limit }) =>
    [subject, against, limit].some((it) => it?.backend === backend && it.workload === workload),
  )
}
