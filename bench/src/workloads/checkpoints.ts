import { Values } from '../values.js'
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
  const state = stateOf(0)
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
      await compareWhole(bed, slot, state)
    },
  }
}

async function readCheckpoint(bed: Bed): Promise<Step> {
  const state = stateOf(bed.entries)
  await logOf(bed.subject).checkpoints.store(bed.entries, state)
  return {
    chunk: 1,
    run: () => readWhole(bed, bed.entries),
    end: () => compareWhole(bed, bed.entries, state),
  }
}

/** Bytes that no two stretches of have in common. */
function stateOf(slot: number): Uint8Array {
  return new Values(STATE_BYTES).at(slot)
}

async function compareWhole(bed: Bed, slot: number, state: Uint8Array): Promise<void> {
  const chunks: Uint8Array[] = []
  for await (const chunk of logOf(bed.subject).checkpoints.read(slot)) chunks.push(chunk.slice())
  if (Buffer.compare(Buffer.concat(chunks), state) !== 0)
    throw new Error(`the checkpoint of slot ${slot} holds other bytes than were stored`)
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
