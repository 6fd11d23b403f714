import {
  openEngineLog,
  survivesAtLeast,
  type OpenContext,
  type OpenedEngine,
  type PersistentLog,
} from '@persistent-log/core/backend'
import { CheckpointBlobs } from './checkpoint-blobs.js'
import { HybridLogEngine } from './engine/hybrid-log-engine.js'
import { capabilitiesOf, type FasterOptions } from './options.js'
import { recover } from './recovery.js'
import type { SegmentFiles } from './segments/segment-files.js'

/** Where a log lives: its files, and what its directory knows about it. */
export interface HybridLogHome {
  readonly files: SegmentFiles
  readonly blobFiles: SegmentFiles
  /** Where `files` are, for threads; `undefined` where those could not open them. */
  readonly path?: string | undefined
  readonly logId: Uint8Array
  readonly firstSlot: number
  readonly created: boolean
  readonly cleanClose: boolean
  readonly sameBoot: boolean
  /** Called before the first change of the files, when they were judged by how they were closed. Idempotent. */
  beginChanges(): Promise<void>
  /** What a restart may have cost is settled. */
  forgetRestart(): Promise<void>
  markClean(): Promise<void>
  release(): Promise<void>
}

/** What the user asked for. */
export type HybridLogContext = Pick<
  OpenContext<FasterOptions>,
  'durability' | 'limits' | 'fullWaitMs' | 'acceptLostVotes' | 'poisonViews' | 'recovery' | 'options'
>

/** Recovers the log that lives there and opens it. The caller gives the home back when this rejects before it is open. */
export async function openHybridLog(home: HybridLogHome, context: HybridLogContext): Promise<PersistentLog> {
  return openEngineLog(await openHybridEngine(home, context))
}

/** The engine alone, and what the log above it has to know. */
export async function openHybridEngine(
  home: HybridLogHome,
  context: HybridLogContext,
): Promise<OpenedEngine & { readonly engine: HybridLogEngine }> {
  const started = performance.now()
  const { files, firstSlot, cleanClose, sameBoot, created } = home
  const { segmentBytes, spareSegments, regionBytes, compression } = context.options
  const logId = Buffer.from(home.logId)
  const mode = context.recovery
  const beginChanges = (): Promise<void> => home.beginChanges()
  const about = { cleanClose, beginChanges, sameBoot, mode, segmentBytes, spareSegments, compression }
  const recovered = await recover({ files, logId, firstSlot, ...about })
  const { ledger, tail, tornBytes, ambiguous, damaged } = recovered
  const blobs = new CheckpointBlobs(home.blobFiles, logId)
  try {
    if (!sameBoot) await home.forgetRestart()
  } catch (error) {
    await tail.close()
    throw error
  }
  const { poisonViews } = context
  const place =
    home.path === undefined ? undefined : { path: home.path, isMapped: files.mapped, logId, poisonViews }
  const capabilities = capabilitiesOf(context.options, place ? 'many-threads' : 'one-process')
  const acceptsWeakly = !survivesAtLeast(context.durability.accept ?? 'power-loss', 'power-loss')
  const shared = { files, logId, blobs, capabilities, directory: home, place, beginChanges }
  const engine = new HybridLogEngine({ ...recovered, ...shared, regionBytes, acceptsWeakly })
  try {
    await engine.begin()
  } catch (error) {
    await tail.close()
    throw error
  }
  const recovery = {
    ...{ created, cleanClose, tornBytes, ambiguous, damaged },
    decisions: ledger.decided.count,
    accepted: ledger.accepted.count,
    votesLost: ledger.votesLost,
    tookMs: performance.now() - started,
  }
  return { engine, firstSlot, ledger, recovery, context }
}
