import { ORDINARY, type Workload } from './workload.js'

/** Only the hybrid log is filled up to ten million. */
const SIZES = [
  ['10k', 10_000],
  ['100k', 100_000],
  ['1m', 1_000_000],
  ['10m', 10_000_000],
] as const
const BATCH = 100
const MOST_FOR_ALL = 1_000_000
/** Reading ten million entries back takes ten seconds. */
const MOST_ROUNDS_OF_10M = 3

/** What the same writes cost when so many entries are there already. */
export const growthWorkloads: readonly Workload[] = SIZES.map(([label, entries]) => ({
  ...ORDINARY,
  name: `growth-${label}`,
  title: `learn batches of ${BATCH} into a log of ${label} entries, process-crash`,
  suites: ['growth'],
  survives: 'process-crash',
  entries,
  ...(entries > MOST_FOR_ALL ? { only: ['faster'], rounds: MOST_ROUNDS_OF_10M } : {}),
  maxOperations: 1_000,
  begin: (bed) => ({
    chunk: 1,
    entriesPerOperation: BATCH,
    async run() {
      const from = bed.decided
      await bed.subject.decide(
        from,
        Array.from({ length: BATCH }, (_, index) => bed.values.at(from + index)),
      )
      bed.decided += BATCH
    },
  }),
}))
