import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  defineBackend,
  openDirectory,
  openEngineLog,
  raise,
  type Capabilities,
  type LogDirectory,
  type OpenContext,
  type PersistentLog,
} from '@persistent-log/core/backend'
import { CHECKPOINT_FOLDER, CheckpointBlobs } from './checkpoint-blobs.js'
import { BACKEND_NAME, HybridLogEngine } from './engine/hybrid-log-engine.js'
import { WeakAccepts } from './engine/weak-accepts.js'
import { fasterOptions, type FasterOptions } from './options.js'
import { PRISTINE_NAME, recover } from './recovery.js'
import { MappedSegmentFiles, whyNotMapped } from './segments/mapped-segment-files.js'
import { makeFolder, PositionalSegmentFiles } from './segments/positional-segment-files.js'
import type { SegmentFiles } from './segments/segment-files.js'
import { FORMAT_VERSION } from './segments/segment-header.js'

const MIB = 1024 * 1024
const VALUE_BYTES = 16 * MIB
const BATCH_SLOTS = 65_536
const BATCH_BYTES = 64 * MIB

/** The hybrid log as a backend. */
export const backend = defineBackend<FasterOptions>({
  name: BACKEND_NAME,
  summary:
    'the hybrid log: mutable region at memory speed, segmented tail with group commit, reads from a map',
  needsDirectory: true,
  options: fasterOptions,
  open,
})

async function open(context: OpenContext<FasterOptions>): Promise<PersistentLog> {
  const started = performance.now()
  const { mmap } = context.options
  const reason = mmap === 'off' ? undefined : whyNotMapped()
  if (mmap === 'required' && reason) {
    throw raise.unsupported(
      'open',
      `options.faster.mmap is 'required', and mmap-io cannot be loaded: ${reason.message}`,
    )
  }
  const isMapped = mmap !== 'off' && !reason
  const directory = await openDirectory({
    directory: context.directory ?? '',
    backend: BACKEND_NAME,
    formatVersion: FORMAT_VERSION,
    firstSlot: context.firstSlot,
    initialise,
  })
  try {
    const folder = (path: string): SegmentFiles =>
      isMapped ? new MappedSegmentFiles(path) : new PositionalSegmentFiles(path)
    return await openEngine(context, directory, folder, started)
  } catch (error) {
    await directory.release()
    throw error
  }
}

/** The first segment needs the log's id, which there is only after this: the marker says that it may be made. */
async function initialise(enginePath: string): Promise<void> {
  await makeFolder(join(enginePath, CHECKPOINT_FOLDER))
  await writeFile(join(enginePath, PRISTINE_NAME), '')
}

async function openEngine(
  context: OpenContext<FasterOptions>,
  directory: LogDirectory,
  folder: (path: string) => SegmentFiles,
  started: number,
): Promise<PersistentLog> {
  const { enginePath, created, cleanClose, sameBoot, firstSlot } = directory
  const { segmentBytes, regionBytes } = context.options
  const logId = Buffer.from(directory.logId)
  const files = folder(enginePath)
  const recovered = await recover({
    ...{ files, logId, firstSlot, segmentBytes, cleanClose, sameBoot },
    mode: context.recovery,
  })
  const { ledger, region, tail, table } = recovered
  const blobs = new CheckpointBlobs(folder(join(enginePath, CHECKPOINT_FOLDER)), logId)
  const weak = new WeakAccepts(files, regionBytes)
  try {
    await blobs.removeAllBut(new Set(ledger.checkpoints.map(({ blob }) => blob)))
    if (!sameBoot) await directory.forgetRestart()
  } catch (error) {
    await tail.close()
    throw error
  }
  region.read = weak.read
  region.free = weak.free
  weak.attach(table)
  const engine = new HybridLogEngine({
    ...recovered,
    ...{ files, logId, blobs, weak, directory },
    capabilities: capabilitiesOf(context.options),
  })
  const { tornBytes, ambiguous, damaged } = recovered
  const recovery = {
    ...{ created, cleanClose, tornBytes, ambiguous, damaged },
    decisions: ledger.decided.count,
    accepted: ledger.accepted.count,
    votesLost: ledger.votesLost,
    tookMs: performance.now() - started,
  }
  return openEngineLog({ engine, ledger, recovery, context })
}

function capabilitiesOf({ uncommittedBytes }: FasterOptions): Capabilities {
  return {
    survives: { accept: 'power-loss', commit: 'power-loss' },
    openBy: 'one-process',
    atomicBatches: true,
    locatesCorruption: true,
    syncReads: true,
    borrowedReads: true,
    limits: { valueBytes: VALUE_BYTES, batchSlots: BATCH_SLOTS, batchBytes: BATCH_BYTES, uncommittedBytes },
  }
}
