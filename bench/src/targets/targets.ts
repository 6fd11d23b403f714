import type { Pair } from '../harness/neighbours.js'
import { HYBRID_TARGETS } from './hybrid-targets.js'
import { INTERFACE_TARGETS } from './interface-targets.js'
import type { Measure, Target } from './target.js'

/** Everything that we promise. Shown after a run, never asserted in a test. */
export const TARGETS: readonly Target[] = [...HYBRID_TARGETS, ...INTERFACE_TARGETS]

/** What is held against each other, by the labels of the cells. */
export const PAIRS: readonly Pair[] = TARGETS.flatMap(({ subject, against, limit }) =>
  [against, limit].flatMap((other) =>
    subject && other ? [[labelOf(subject), labelOf(other)] as const] : [],
  ),
)

function labelOf({ backend, workload }: Measure): string {
  return `${backend} ${workload}`
}

/** Whether one of them rests on this workload on this subject. */
export function isPromised(backend: string, workload: string): boolean {
  return TARGETS.some(({ subject, against, limit }) =>
    [subject, against, limit].some((it) => it?.backend === backend && it.workload === workload),
  )
}
