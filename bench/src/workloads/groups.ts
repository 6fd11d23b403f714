import { BALLOT } from '../subjects/log-subject.js'
import { acceptBatch } from './prepare.js'
import { BATCHES_TO_WARM_UP, ORDINARY, type Bed, type Workload } from './workload.js'

/** Entries per group. */
export const GROUP = 100

const GROUPS: Workload = {
  ...ORDINARY,
  name: 'group-100',
  title: 'accept (process-crash) + commit (power-loss) of groups of 100; a peer writes one durable batch',
  suites: ['durability', 'hybrid'],
  isQuick: true,
  maxOperations: 5_000,
  leastWarmUp: BATCHES_TO_WARM_UP,
  begin: (bed) => ({ chunk: 1, entriesPerOperation: GROUP, run: () => decideGroup(bed) }),
}

/** Groups as a busy replica writes them; with 1 KiB values also the bytes that reach the device. */
export const groupWorkloads: readonly Workload[] = [
  GROUPS,
  {
    ...GROUPS,
    name: 'group-100-value-1KiB',
    title: `${GROUPS.title}; 1 KiB values`,
    valueBytes: 1_024,
    maxOperations: 5_000,
    // Once through the mutable region: the first pass over its file finds new blocks, which reach the device early.
    leastWarmUp: 800,
  },
]

/** Decides the next group of slots. */
export async function decideGroup(bed: Bed): Promise<void> {
  const { subject, values } = bed
  const from = bed.decided
  if (subject.log) {
    await acceptBatch(bed, from, GROUP, 'process-crash')
    const ids = Array.from({ length: GROUP }, (_, index) => ({ slot: from + index, ballot: BALLOT }))
    await subject.log.commitAll(ids, { survives: 'power-loss' })
  } else {
    await subject.decide(
      from,
      Array.from({ length: GROUP }, (_, index) => values.at(from + index)),
    )
  }
  bed.decided = from + GROUP
}
