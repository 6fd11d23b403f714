import { MACHINE } from '../machine/machine-subject.js'
import { RecycledFile } from '../machine/recycled-file.js'
import { BALLOT } from '../subjects/log-subject.js'
import { decideGroup, GROUP } from './groups.js'
import { logOf, needsFiles } from './needs.js'
import { ORDINARY, type Bed, type Step, type Workload } from './workload.js'

const LOAD_MS = 30_000
/** Slots that compaction leaves behind the newest. */
const RETAINED = 50_000

/** What a service feels that lives in the same process: how long the log keeps the event loop to itself. */
export const steadyLoadWorkloads: readonly Workload[] = [
  {
    ...ORDINARY,
    name: 'steady-load-30s',
    title: `30 s of groups of ${GROUP} (1 KiB, durable) with rolling and compaction: the longest stall`,
    suites: ['hybrid'],
    valueBytes: 1_024,
    rounds: 1,
    measureMs: LOAD_MS,
    isForLogs: true,
    misses: needsFiles,
    begin: steadyLoad,
  },
  {
    ...ORDINARY,
    name: 'steady-load-30s-without-a-log',
    title: `the same groups of ${GROUP}, made and flushed to a recycled file, and nothing else: the longest stall`,
    suites: ['hybrid'],
    survives: 'nothing',
    valueBytes: 1_024,
    rounds: 1,
    measureMs: LOAD_MS,
    only: [MACHINE],
    begin: loadWithoutLog,
  },
]

/** What the machine and the harness alone keep the event loop waiting for. */
function loadWithoutLog({ directory, values }: Bed): Step {
  const file = new RecycledFile(directory)
  let slot = 0
  return {
    chunk: 1,
    entriesPerOperation: GROUP,
    async run() {
      const proposals = Array.from({ length: GROUP }, (_, index) => ({
        slot: slot + index,
        ballot: BALLOT,
        value: values.at(slot + index),
      }))
      const group = new Uint8Array(GROUP * values.bytes)
      for (const [index, { value }] of proposals.entries()) group.set(value, index * values.bytes)
      slot += GROUP
      await file.write(group)
    },
    end: () => file.close(),
  }
}

function steadyLoad(bed: Bed): Step {
  const log = logOf(bed.subject)
  let compaction: Promise<unknown> | undefined
  let compactedBefore = 0
  let compactions = 0
  const compact = async (before: number): Promise<void> => {
    await log.compact({ before, withoutCheckpoint: true })
    compactedBefore = before
    compactions++
    compaction = undefined
  }
  return {
    chunk: 1,
    entriesPerOperation: GROUP,
    async run() {
      await decideGroup(bed)
      const isDue = bed.decided - compactedBefore > 2 * RETAINED
      if (isDue && compaction === undefined) compaction = compact(bed.decided - RETAINED)
    },
    async end() {
      await compaction
      bed.keptFrom = compactedBefore
      bed.note('compactions', compactions)
    },
  }
}
