import { raise, type PersistentLog } from '@persistent-log/core/backend'
import type { HybridLogEngine } from '../../src/engine/hybrid-log-engine.js'
import {
  openHybridEngine,
  openHybridLog,
  type HybridLogContext,
  type HybridLogHome,
} from '../../src/open-hybrid-log.js'
import { fasterOptions, type FasterOptions } from '../../src/options.js'
import { PRISTINE_NAME } from '../../src/recovery.js'
import { MemoryDisk, type DiskImage } from './memory-disk.js'

/** The log id of all logs in memory. */
export const LOG_ID = Buffer.alloc(16, 7)

/** What the directory of a log would say. */
export interface OpenInMemory {
  readonly cleanClose?: boolean
  readonly sameBoot?: boolean
  readonly created?: boolean
  readonly recovery?: 'strict' | 'salvage'
  readonly acceptLostVotes?: boolean
  readonly durability?: HybridLogContext['durability']
  readonly options?: Partial<FasterOptions>
}

/** How a log is recovered that was closed. */
export const CLOSED = {
  cleanClose: true,
  sameBoot: true,
  mode: 'strict',
  compression: false,
  beginChanges: () => Promise.resolve(),
} as const

/** An empty disk with a log that was never opened. */
export async function newDisk(): Promise<MemoryDisk> {
  const disk = new MemoryDisk()
  const folder = disk.folder('')
  const file = await folder.create(PRISTINE_NAME)
  await file.flush()
  await folder.syncDirectory()
  return disk
}

/** Opens the log on a disk in memory; `events` notes what its directory was told. */
export function openOn(
  disk: MemoryDisk,
  about: OpenInMemory = {},
  events: string[] = [],
): Promise<PersistentLog> {
  return openHybridLog(homeOn(disk, about, events), contextOf(about))
}

/** The engine alone: what the log above it would call. */
export async function openEngineOn(disk: MemoryDisk, about: OpenInMemory = {}): Promise<HybridLogEngine> {
  return (await openHybridEngine(homeOn(disk, about, []), contextOf(about))).engine
}

function homeOn(disk: MemoryDisk, about: OpenInMemory, events: string[]): HybridLogHome {
  return {
    files: disk.folder(''),
    blobFiles: disk.folder('checkpoints/'),
    logId: LOG_ID,
    firstSlot: 0,
    created: about.created ?? false,
    cleanClose: about.cleanClose ?? false,
    sameBoot: about.sameBoot ?? true,
    beginChanges: async () => void events.push('beginChanges'),
    forgetRestart: async () => void events.push('forgetRestart'),
    markClean: async () => void events.push('markClean'),
    release: async () => void events.push('release'),
  }
}

function contextOf(about: OpenInMemory): HybridLogContext {
  const parsed = fasterOptions.safeParse(about.options ?? {})
  if (!parsed.success)
    throw raise.invalidConfig([{ path: 'options', message: JSON.stringify(parsed.error.issues) }])
  return {
    durability: about.durability ?? {},
    limits: {},
    fullWaitMs: 1000,
    poisonViews: false,
    acceptLostVotes: about.acceptLostVotes ?? false,
    recovery: about.recovery ?? 'strict',
    options: parsed.data,
  }
}

/** Opens what a crash left, without touching the image. */
export function openImage(image: DiskImage, about: OpenInMemory = {}): Promise<PersistentLog> {
  return openOn(new MemoryDisk(new MemoryDisk(image).copy()), about)
}

/** The value that every test stores in a slot under a ballot: so a wrong one is recognised wherever it turns up. */
export function valueOf(slot: number, round: number, length = 40): Buffer {
  return Buffer.from(`slot ${slot} round ${round} `.padEnd(length, '.'))
}

/** Everything a log shows, as plain data; throws where a value is not the one of its slot and ballot. */
export async function shownBy(log: PersistentLog, length = 40): Promise<Map<number, string>> {
  const shown = new Map<number, string>()
  for await (const entry of log.decisions({}, { includeAccepted: true, damaged: 'skip' })) {
    const expected = valueOf(entry.slot, entry.ballot.round, length)
    if (!expected.equals(entry.value))
      throw new Error(`slot ${entry.slot} holds ${Buffer.from(entry.value).toString()}`)
    shown.set(entry.slot, `${entry.status} ${entry.ballot.round}`)
  }
  return shown
}
