import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { logOf } from './needs.js'
import { ORDINARY, type Bed, type Step, type Workload } from './workload.js'

const HOT = 10_000
/** So many reads are told a thread at once, that the telling costs nothing beside them. */
const CHUNK = 200_000

/** Reads by worker threads that attach the log, while its owner waits. */
export const threadWorkloads: readonly Workload[] = [1, 2].map((threads) => ({
  ...ORDINARY,
  name: `read-hot-threads-${threads}`,
  title: `read, borrowed, in order over 10,000, by ${threads} worker thread${threads > 1 ? 's' : ''}`,
  suites: ['hybrid'] as const,
  entries: HOT,
  isForLogs: true,
  isReadOnly: true,
  misses: ({ log }) => (log && !log.threadHandle ? 'threads cannot attach it' : undefined),
  begin: (bed: Bed) => readInThreads(bed, threads),
}))

async function readInThreads(bed: Bed, count: number): Promise<Step> {
  const handle = logOf(bed.subject).threadHandle!()
  const workerData = { handle, entries: bed.entries, bytes: bed.values.bytes }
  const file = new URL('./reading-thread.js', import.meta.url)
  const workers = Array.from({ length: count }, () => new Worker(file, { workerData }))
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  return {
    chunk: CHUNK * count,
    async run(operations) {
      // A thread that throws rejects this too.
      const done = workers.map((worker) => once(worker, 'message'))
      for (const worker of workers) worker.postMessage(operations / count)
      await Promise.all(done)
    },
    async end() {
      const ended = workers.map((worker) => once(worker, 'exit'))
      for (const worker of workers) worker.postMessage(0)
      await Promise.all(ended)
    },
  }
}
