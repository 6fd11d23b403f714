import { crc32OfWords } from '../machine/crc32.js'
import { MACHINE } from '../machine/machine-subject.js'
import { RecycledFile } from '../machine/recycled-file.js'
import { SharedFlush } from '../machine/shared-flush.js'
import { callsToWarmUp, closedLoop } from './closed-loop.js'
import {
  BATCHES_TO_WARM_UP,
  CALLS_TO_WARM_UP,
  ORDINARY,
  type Bed,
  type Step,
  type Workload,
} from './workload.js'

/** An entry of 100 bytes with a header of 36. */
const RECORD_BYTES = 136
const COPIED_BYTES = 64 * 1024 * 1024

const MACHINE_WORKLOAD = {
  ...ORDINARY,
  suites: ['hybrid', 'interface', 'durability', 'growth'] as const,
  isQuick: true,
  survives: 'nothing' as const,
  only: [MACHINE],
}

/** The limits of the machine, measured in the same rounds as everything else. */
export const machineWorkloads: readonly Workload[] = [
  {
    ...MACHINE_WORKLOAD,
    name: 'kernel-k',
    title: 'K: CRC-32 of 100 bytes + copy of 136 bytes',
    begin: kernel,
  },
  { ...MACHINE_WORKLOAD, name: 'memory-copy', title: 'copy 64 MiB of memory', begin: memoryCopy },
  {
    ...MACHINE_WORKLOAD,
    name: 'flush-1',
    title: 'pwrite of one entry + fdatasync, recycled file',
    leastWarmUp: CALLS_TO_WARM_UP,
    begin: (bed) => rawFlush(bed, 1),
  },
  {
    ...MACHINE_WORKLOAD,
    name: 'flush-1-sync',
    title: 'the same by fdatasyncSync: it blocks the event loop, and spares the way through the thread pool',
    leastWarmUp: CALLS_TO_WARM_UP,
    begin: rawFlushSync,
  },
  {
    ...MACHINE_WORKLOAD,
    name: 'flush-100',
    title: 'pwrite of 100 entries + fdatasync, recycled file',
    leastWarmUp: BATCHES_TO_WARM_UP,
    begin: (bed) => rawFlush(bed, 100),
  },
  ...[100, 1_000].map((width) => ({
    ...MACHINE_WORKLOAD,
    name: `shared-flush-${width}`,
    title: `${width} callers in a closed loop who share pwrite + fdatasync, and do nothing else`,
    leastWarmUp: callsToWarmUp(width),
    begin: (bed: Bed) => sharedFlush(bed, width),
  })),
]

function kernel(): Step {
  const words = new Int32Array(25).map((_, index) => Math.imul(index + 1, 0x9e3779b1))
  const from = new Uint8Array(RECORD_BYTES).fill(3)
  const to = new Uint8Array(64 * 1024)
  let sum = 0
  let at = 0
  return {
    chunk: 10_000,
    run(operations) {
      for (let count = 0; count < operations; count++) {
        words[0] = count
        sum ^= crc32OfWords(words)
        to.set(from, at)
        at = at + 2 * RECORD_BYTES < to.length ? at + RECORD_BYTES : 0
      }
    },
    end() {
      // Uses the result, so that nothing of the loop may be left out.
      if (sum === 0 && to[0] !== 3) throw new Error('the kernel did nothing')
    },
  }
}

function memoryCopy(): Step {
  const from = new Uint8Array(COPIED_BYTES).fill(1)
  const to = new Uint8Array(COPIED_BYTES)
  return { chunk: 1, entriesPerOperation: COPIED_BYTES, run: () => to.set(from) }
}

function rawFlush({ directory }: Bed, entries: number): Step {
  const file = new RecycledFile(directory)
  const group = new Uint8Array(RECORD_BYTES * entries).fill(5)
  return {
    chunk: 1,
    entriesPerOperation: entries,
    run: () => file.write(group),
    end: () => file.close(),
  }
}

function rawFlushSync({ directory }: Bed): Step {
  const file = new RecycledFile(directory)
  const group = new Uint8Array(RECORD_BYTES).fill(5)
  return { chunk: 1, run: () => file.writeSync(group), end: () => file.close() }
}

function sharedFlush(bed: Bed, width: number): Step {
  const file = new RecycledFile(bed.directory)
  const flush = new SharedFlush(file, RECORD_BYTES)
  return { ...closedLoop(bed, width, () => flush.write()), end: () => file.close() }
}
