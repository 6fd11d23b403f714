import { randomBytes } from 'node:crypto'
import { raise, type BlobStore, type BlobWriter } from '@persistent-log/core/backend'
import { checksum } from './checksum.js'
import { readU64, writeU64 } from './integers.js'
import type { SegmentFile, SegmentFiles } from './segments/segment-files.js'

/** The folder of the blobs in the engine's directory. */
export const CHECKPOINT_FOLDER = 'checkpoints'

const MAGIC = Buffer.from('PLOGBLOB', 'latin1')
const HEADER_BYTES = 32
const FRAME_BYTES = 16
/** Longer chunks are split: this is what a reader holds in memory, in bytes. */
const MAX_CHUNK_BYTES = 256 * 1024
const SUFFIX = '.blob'
const UNPUBLISHED_SUFFIX = '.new'

/**
 * States of checkpoints, their parts and lists of these, a file each, little-endian:
 * ```
 * header  0 "PLOGBLOB"   8 16 bytes log id   24 u32 zero   28 u32 checksum of bytes 0-27
 * chunk   0 u32 bytes    4 u32 checksum of the bytes, the chunk's number and the name   8 u64 offset in the state   16 bytes
 * end     0 u32 zero     4 u32 checksum                                          8 u64 bytes of the state
 * ```
 * A blob is written under another name, flushed, renamed, and the name is flushed, before an effect names it.
 */
export class CheckpointBlobs implements BlobStore {
  readonly #files: SegmentFiles
  readonly #logId: Buffer

  constructor(files: SegmentFiles, logId: Buffer) {
    this.#files = files
    this.#logId = logId
  }

  create(): BlobWriter {
    return new CheckpointWriter(this.#files, this.#logId, randomBytes(12).toString('hex') + SUFFIX)
  }

  async *read(blob: string): AsyncGenerator<Uint8Array> {
    let file: SegmentFile
    try {
      file = await this.#files.open(blob)
    } catch (cause) {
      if (isMissing(cause)) throw corrupted(blob, 0, 'is missing', cause)
      throw raise.io('read', { file: `engine/${CHECKPOINT_FOLDER}/${blob}` }, { cause })
    }
    try {
      yield* readChunks(file, blob, this.#logId)
    } finally {
      await file.close()
    }
  }

  async remove(blob: string): Promise<void> {
    await this.#files.remove(blob)
    await this.#files.syncDirectory()
  }

  async removeAllBut(named: ReadonlySet<string>): Promise<void> {
    const orphans = (await this.#list()).filter((name) => !named.has(name))
    for (const name of orphans) await this.#files.remove(name)
    if (orphans.length > 0) await this.#files.syncDirectory()
  }

  /** The folder is as old as the log: that it is gone is damage, and no failure of the system. */
  async #list(): Promise<readonly string[]> {
    try {
      return await this.#files.list()
    } catch (cause) {
      const file = `engine/${CHECKPOINT_FOLDER}`
      if (!isMissing(cause)) throw raise.io('read', { file }, { cause })
      throw raise.corrupted(`${file} is missing`, { file }, { cause })
    }
  }
}

const isMissing = (cause: unknown): boolean => (cause as NodeJS.ErrnoException).code === 'ENOENT'

function corrupted(blob: string, offset: number, reason: string, cause?: unknown) {
  const file = `engine/${CHECKPOINT_FOLDER}/${blob}`
  return raise.corrupted(`${file}: ${reason}`, { file, offset }, { cause })
}

/** Checksums of a blob start here: a chunk of another blob, or at another place, is not taken for this one's. */
const seedOf = (blob: string): number => checksum(Buffer.from(blob), 0, blob.length, 0)

function frameOf(chunk: Uint8Array, offset: number, seed: number): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES)
  frame.writeUInt32LE(chunk.byteLength, 0)
  writeU64(frame, 8, offset)
  frame.writeUInt32LE(frameChecksum(frame, chunk, seed), 4)
  return frame
}

function frameChecksum(frame: Buffer, chunk: Uint8Array, seed: number): number {
  const head = checksum(frame, 8, FRAME_BYTES, checksum(frame, 0, 4, seed))
  return checksum(chunk, 0, chunk.byteLength, head)
}

function* readChunks(file: SegmentFile, blob: string, logId: Buffer): Generator<Uint8Array> {
  const seed = seedOf(blob)
  if (file.size < HEADER_BYTES) throw corrupted(blob, 0, 'the header is cut')
  const header = file.read(0, HEADER_BYTES)
  const isOurs = MAGIC.equals(header.subarray(0, 8)) && logId.equals(header.subarray(8, 24))
  if (!isOurs || checksum(header, 0, 28, 0) !== header.readUInt32LE(28))
    throw corrupted(blob, 0, 'the header is damaged')
  let offset = HEADER_BYTES
  for (let done = 0; ;) {
    if (offset + FRAME_BYTES > file.size) throw corrupted(blob, offset, 'the end is missing')
    const frame = file.read(offset, FRAME_BYTES)
    const length = frame.readUInt32LE(0)
    const from = offset + FRAME_BYTES
    if (length > MAX_CHUNK_BYTES || from + length > file.size)
      throw corrupted(blob, offset, 'a chunk is damaged')
    const chunk = new Uint8Array(length)
    file.readInto(chunk, from)
    const isIntact = frame.readUInt32LE(4) === frameChecksum(frame, chunk, seed) && readU64(frame, 8) === done
    if (!isIntact) throw corrupted(blob, offset, 'a chunk is damaged')
    offset = from + length
    done += length
    if (length > 0) {
      yield chunk
      continue
    }
    if (offset !== file.size) throw corrupted(blob, offset, 'bytes follow the end')
    return
  }
}

class CheckpointWriter implements BlobWriter {
  readonly blob: string
  readonly #files: SegmentFiles
  readonly #logId: Buffer
  readonly #seed: number
  #file: SegmentFile | undefined
  #offset = 0
  #stateBytes = 0

  constructor(files: SegmentFiles, logId: Buffer, blob: string) {
    this.blob = blob
    this.#files = files
    this.#logId = logId
    this.#seed = seedOf(blob)
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let from = 0; from < chunk.byteLength; from += MAX_CHUNK_BYTES) {
      await this.#append(chunk.subarray(from, from + MAX_CHUNK_BYTES))
    }
  }

  async finish(): Promise<void> {
    const unpublished = this.blob + UNPUBLISHED_SUFFIX
    try {
      await this.#append(new Uint8Array(0))
      const file = await this.#open()
      await file.flush()
      await this.#close()
      await this.#files.rename(unpublished, this.blob)
      await this.#files.syncDirectory()
    } catch (cause) {
      await this.abort()
      throw raise.io('write of a checkpoint', { file: this.blob }, { cause })
    }
  }

  async abort(): Promise<void> {
    await this.#close()
    await this.#files.remove(this.blob + UNPUBLISHED_SUFFIX)
  }

  async #append(chunk: Uint8Array): Promise<void> {
    const file = await this.#open()
    await file.write(Buffer.concat([frameOf(chunk, this.#stateBytes, this.#seed), chunk]), this.#offset)
    this.#offset += FRAME_BYTES + chunk.byteLength
    this.#stateBytes += chunk.byteLength
  }

  async #open(): Promise<SegmentFile> {
    if (this.#file) return this.#file
    const header = Buffer.alloc(HEADER_BYTES)
    MAGIC.copy(header, 0)
    this.#logId.copy(header, 8)
    header.writeUInt32LE(checksum(header, 0, 28, 0), 28)
    this.#file = await this.#files.create(this.blob + UNPUBLISHED_SUFFIX)
    await this.#file.write(header, 0)
    this.#offset = HEADER_BYTES
    return this.#file
  }

  async #close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }
}
