import { setTimeout } from 'node:timers/promises'
import v8 from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ORDINARY, type Bed, type Step, type Workload } from './workload.js'

const BATCH = 1_000
const ENTRIES = 1_000_000
/** There before it is weighed first. */
const FIRST_ENTRIES = 500_000
const MIB = 1024 * 1024
/** While segments are sealed in the background, the memory shrinks by more than this from one look to the next. */
const STEADY_BYTES = 64 * 1024
const LOOK_MS = 500
const MOST_LOOKS = 60

const SHARED = {
  ...ORDINARY,
  suites: ['growth'],
  survives: 'process-crash',
  valueBytes: 10,
  rounds: 1,
  maxOperations: ENTRIES / BATCH,
  measureMs: 120_000,
  isForLogs: true,
} as const

/** What an entry costs in the memory of the process once it is written; mapped files are the page cache's and not counted. */
export const memoryWorkloads: readonly Workload[] = [
  {
    ...SHARED,
    name: 'memory-per-slot',
    title: 'learn 1,000,000 decisions of 10 bytes: heap and buffers per slot',
    begin: fillAndWeigh,
  },
  {
    ...SHARED,
    name: 'memory-per-active-slot',
    title: 'learn 1,000,000 decisions of 10 bytes into one segment: heap and buffers per slot',
    only: ['faster'],
    options: { faster: { segmentBytes: 512 * MIB } },
    begin: fillAndWeigh,
  },
  {
    ...SHARED,
    name: 'memory-per-sealed-slot',
    title: 'learn 3,000,000 decisions of 10 bytes into segments of 1 MiB, all but one sealed: the same',
    only: ['faster'],
    maxOperations: (3 * ENTRIES) / BATCH,
    options: { faster: { segmentBytes: MIB } },
    begin: fillAndWeigh,
  },
]

/** What the log has for itself, whatever it holds, is there when it is weighed first: behind the first entries. */
async function fillAndWeigh(bed: Bed): Promise<Step> {
  const collect = garbageCollector()
  const learn = async (): Promise<void> => {
    const from = bed.decided
    const batch = Array.from({ length: BATCH }, (_, index) => bed.values.at(from + index))
    await bed.subject.decide(from, batch)
    bed.decided += BATCH
  }
  const weigh = async (): Promise<number> => {
    await bed.subject.log?.flush()
    let before = Infinity
    for (let look = 0; look < MOST_LOOKS; look++) {
      await setTimeout(LOOK_MS)
      collect()
      const bytes = ownBytes()
      if (Math.abs(before - bytes) < STEADY_BYTES) return bytes
      before = bytes
    }
    throw new Error('the memory of the process does not become steady')
  }
  while (bed.decided < FIRST_ENTRIES) await learn()
  const before = await weigh()
  const first = bed.decided
  return {
    chunk: 1,
    entriesPerOperation: BATCH,
    run: learn,
    async end() {
      bed.note('memoryBytesPerSlot', ((await weigh()) - before) / (bed.decided - first))
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
