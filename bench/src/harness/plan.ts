import { MACHINE } from '../machine/machine-subject.js'
import { PEERS } from '../subjects/open-subject.js'
import type { Suite, Workload } from '../workloads/workload.js'

/** Which cells a run has. */
export interface PlanRequest {
  readonly backends: readonly string[]
  readonly suite: Suite | 'all'
  readonly isQuick: boolean
  /** Only workloads whose name holds one of these; empty: all. */
  readonly matching: readonly string[]
  /** Whether a promise rests on the workload of that name on that subject; absent: on none. */
  readonly isPromised?: ((backend: string, workload: string) => boolean) | undefined
}

/** A workload on a subject. */
export interface PlannedCell {
  readonly backend: string
  readonly workload: Workload
  /** A promise rests on it: it keeps its rounds longer than others. */
  readonly isPromised?: boolean | undefined
}

/** Every workload on every subject it is for; the machine's own limits come with each plan. */
export function planCells(workloads: readonly Workload[], request: PlanRequest): PlannedCell[] {
  const { backends, suite, isQuick, matching, isPromised = () => false } = request
  const isChosen = ({ name, suites, isQuick: isShort }: Workload): boolean =>
    (suite === 'all' || suites.includes(suite)) &&
    (!isQuick || isShort || matching.length > 0) &&
    (matching.length === 0 || matching.some((part) => name.includes(part)))
  const isMachines = ({ only }: Workload): boolean => only?.includes(MACHINE) === true
  // The brief ones come with each plan.
  const isOwn = (workload: Workload): boolean =>
    isMachines(workload) && (workload.isQuick || isChosen(workload))
  const own = workloads.filter(isOwn).map((workload) => ({ backend: MACHINE, workload }))
  const others = workloads
    .filter((workload) => !isMachines(workload) && isChosen(workload))
    .flatMap((workload) =>
      backends
        .filter((backend) => workload.only?.includes(backend) ?? true)
        .filter((backend) => workload.isForLogs !== true || !PEERS.has(backend))
        .map((backend) => ({ backend, workload })),
    )
  return [...own, ...others].map((cell) => ({
    ...cell,
    isPromised: isPromised(cell.backend, cell.workload.name),
  }))
}
