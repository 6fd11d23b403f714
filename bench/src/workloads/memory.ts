import v8 from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ORDINARY, type Bed, type Step, type Workload } from './workload.js'

const BATCH = 1_000
const ENTRIES = 1_000_000

/** What an entry costs in the memory of the process once it is written; mapped files are the page cache's and not counted. */
export const memoryWorkloads: readonly Workload[] = [
  {
    ...ORDINARY,
    name: 'memory-per-slot',
    title: 'learn 1,000,000 decisions of 10 bytes: heap and buffers per slot',
    suites: ['growth'],
    survives: 'process-crash',
    valueBytes: 10,
    rounds: 1,
    maxOperations: ENTRIES / BATCH,
    measureMs: 120_000,
    isForLogs: true,
    begin: fillAndWeigh,
  },
]

function fillAndWeigh(bed: Bed): Step {
  const collect = garbageCollector()
  collect()
  const before = ownBytes()
  return {
    chunk: 1,
    entriesPerOperation: BATCH,
    async run() {
      const from = bed.decided
      const batch = Array.from({ length: BATCH }, (_, index) => bed.values.at(from + index))
      await bed.subject.decide(from, batch)
      bed.decided += BATCH
    },
    end() {
      collect()
      bed.note('memoryBytesPerSlot', (ownBytes() - before) / bed.decided)
    },
  }
}

/** The JavaScript heap and the buffers outside of it. */
function ownBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function garbageCollector(): () => void {
  v8.setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
