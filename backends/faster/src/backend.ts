import { writeFile } from 'node:fs/promises'
import { endianness } from 'node:os'
import { join } from 'node:path'
import {
  defineBackend,
  durabilityOf,
  isPersistentLogError,
  openDirectory,
  raise,
  type OpenContext,
  type PersistentLog,
} from '@persistent-log/core/backend'
import { CHECKPOINT_FOLDER } from './checkpoint-blobs.js'
import { BACKEND_NAME } from './engine/hybrid-log-engine.js'
import { openHybridLog } from './open-hybrid-log.js'
import { fasterOptions, SURVIVES, type FasterOptions } from './options.js'
import { PRISTINE_NAME } from './recovery.js'
import { MappedSegmentFiles, whyNotMapped } from './segments/mapped-segment-files.js'
import { makeFolder, PositionalSegmentFiles } from './segments/positional-segment-files.js'
import type { SegmentFiles } from './segments/segment-files.js'
import { attach } from './threads/shared-log.js'

/** Of the directory as a whole; that of a segment stands in its header. 2: checkpoints may be in parts. */
const DIRECTORY_FORMAT_VERSION = 2

/** The hybrid log as a backend. */
export const backend = defineBackend<FasterOptions>({
  name: BACKEND_NAME,
  summary:
    'the hybrid log: mutable region at memory speed, segmented tail with group commit, reads from a map',
  needsDirectory: true,
  options: fasterOptions,
  open,
  attach,
})

async function open(context: OpenContext<FasterOptions>): Promise<PersistentLog> {
  // Headers are stored a word at a time, as the machine stores words.
  if (endianness() !== 'LE') throw raise.unsupported('open', 'the hybrid log needs a little-endian machine')
  // Refused before there is a log: the next try decides how it begins.
  durabilityOf(context.durability, SURVIVES)
  const isMapped = shallMap(context.options)
  const folder = (path: string): SegmentFiles =>
    isMapped ? new MappedSegmentFiles(path) : new PositionalSegmentFiles(path)
  const directory = await openDirectory({
    directory: context.directory ?? '',
    backend: BACKEND_NAME,
    formatVersion: DIRECTORY_FORMAT_VERSION,
    // Segments of version 1 have other checksums.
    oldestFormatVersion: DIRECTORY_FORMAT_VERSION,
    firstSlot: context.firstSlot,
    judgesByClose: true,
    initialise,
  })
  try {
    const { enginePath } = directory
    const files = folder(enginePath)
    const blobFiles = folder(join(enginePath, CHECKPOINT_FOLDER))
    return await openHybridLog({ ...directory, files, blobFiles, path: enginePath }, context)
  } catch (error) {
    // A refusal changes nothing: the next open has to judge the same damage by the same close.
    await directory.end(isPersistentLogError(error, 'PLOG_CORRUPTED') ? 'refused' : 'failed')
    throw isSystemError(error)
      ? raise.io('opening the log', { file: directory.path }, { cause: error })
      : error
  }
}

function shallMap({ mmap }: FasterOptions): boolean {
  if (mmap === 'off') return false
  const reason = whyNotMapped()
  if (mmap === 'required' && reason) {
    throw raise.unsupported('open', `options.faster.mmap is 'required': mmap-io: ${reason.message}`)
  }
  return reason === undefined
}

/** The first segment needs the log's id, which there is only after this: the marker says that it may be made. */
async function initialise(enginePath: string): Promise<void> {
  await makeFolder(join(enginePath, CHECKPOINT_FOLDER))
  await writeFile(join(enginePath, PRISTINE_NAME), '')
}

/** What the operating system refused, as Node.js reports it. */
const isSystemError = (error: unknown): boolean => error instanceof Error && 'syscall' in error
