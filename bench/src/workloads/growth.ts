import { ORDINARY, type Workload } from './workload.js'

/** Only the hybrid log is filled up to ten million. */
const SIZES = [
  ['10k', 10_000],
  ['100k', 100_000],
  ['1m', 1_000_000],
  ['10m', 10_000_000],
] as const
const BATCH = 100
/**
 * What fills one segment of the hybrid log (64 MiB), as it is stored. A log that goes on begins, flushes and seals one after so
 * much: a shorter round would hold none of that, or all of it, by where in a segment the fill happened to end. The warm-up
 * is as long: the first seal is compiled in it.
 */
const BATCHES_PER_SEGMENT = Math.ceil((64 * 1024 * 1024) / (BATCH * 160 + 112))
/** A log of less than a segment would soon be another one: so many batches measure something all the same. */
const LEAST_BATCHES = 1_000
/** Who writes as quickly as the operating system takes it is done before; who flushes each batch has done hundreds by then. */
const MOST_MS = 2_000
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
  mostMeasured: Math.max(LEAST_BATCHES, Math.min(BATCHES_PER_SEGMENT, entries / BATCH)),
  warmUpMs: MOST_MS,
  measureMs: MOST_MS,
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
