import { logOf } from './needs.js'
import { ORDINARY, type Bed, type Step, type Workload } from './workload.js'

const STATE_BYTES = 1_024 * 1_024
/** Slots that one compaction removes. */
const COMPACTED = 100

/** Checkpoints and compaction. */
export const checkpointWorkloads: readonly Workload[] = [
  {
    ...ORDINARY,
    name: 'checkpoint-write-1MiB',
    title: 'store a checkpoint of 1 MiB',
    survives: 'nothing',
    waitsFor: 'device',
    entries: 2_000,
    maxOperations: 2_000,
    isForLogs: true,
    begin: storeCheckpoints,
  },
  {
    ...ORDINARY,
    name: 'checkpoint-read-1MiB',
    title: 'read a checkpoint of 1 MiB',
    survives: 'nothing',
    waitsFor: 'processor',
    entries: 100,
    isForLogs: true,
    begin: readCheckpoint,
  },
  {
    ...ORDINARY,
    name: 'compact-100',
    title: 'compact 100 slots',
    survives: 'nothing',
    waitsFor: 'device',
    entries: 10_000,
    maxOperations: 90,
    isForLogs: true,
    begin: compact,
  },
]

function storeCheckpoints(bed: Bed): Step {
  const { checkpoints } = logOf(bed.subject)
  const state = new Uint8Array(STATE_BYTES).fill(7)
  let slot = 0
  return {
    chunk: 1,
    async before() {
      if (slot > 1) await checkpoints.prune({ keep: 1 })
    },
    async run() {
      state[0] = slot
      await checkpoints.store(++slot, state)
    },
    async end() {
      const newest = await checkpoints.latest()
      if (newest?.slot !== slot) throw new Error(`the checkpoint of slot ${slot} is gone`)
      await readWhole(bed, slot)
    },
  }
}

async function readCheckpoint(bed: Bed): Promise<Step> {
  await logOf(bed.subject).checkpoints.store(bed.entries, new Uint8Array(STATE_BYTES).fill(7))
  return { chunk: 1, run: () => readWhole(bed, bed.entries) }
}

async function readWhole(bed: Bed, slot: number): Promise<void> {
  let bytes = 0
  for await (const chunk of logOf(bed.subject).checkpoints.read(slot)) bytes += chunk.byteLength
  if (bytes !== STATE_BYTES) throw new Error(`a checkpoint of ${STATE_BYTES} bytes came back as ${bytes}`)
}

function compact(bed: Bed): Step {
  const log = logOf(bed.subject)
  return {
    chunk: 1,
    entriesPerOperation: COMPACTED,
    async run() {
      const { removed } = await log.compact({ before: bed.keptFrom + COMPACTED, withoutCheckpoint: true })
      if (removed !== COMPACTED) throw new Error(`a compaction removed ${removed} slots, not ${COMPACTED}`)
      bed.keptFrom += COMPACTED
    },
  }
}
