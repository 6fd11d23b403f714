import {
  close,
  fdatasync,
  fstatSync,
  ftruncate,
  openSync,
  readdirSync,
  readSync,
  write,
  writeSync,
} from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { syncDirectory } from '@persistent-log/core/backend'
import type { WordMemory } from '../word-memory.js'
import type { RegionFile, SegmentFile, SegmentFiles } from './segment-files.js'
import { ZERO_PIECE_BYTES, ZEROS } from './zeros.js'

const closeFile = promisify(close)
const flushFile = promisify(fdatasync)
const truncateFile = promisify(ftruncate)

/** Positional reads and writes: works wherever Node.js does. */
export class PositionalSegmentFiles implements SegmentFiles {
  readonly mapped: boolean = false
  protected readonly path: string

  constructor(path: string) {
    this.path = path
  }

  async list(): Promise<readonly string[]> {
    return readdir(this.path)
  }

  async create(name: string): Promise<SegmentFile> {
    return this.file(openSync(join(this.path, name), 'w+'))
  }

  async open(name: string): Promise<SegmentFile> {
    return this.openNow(name)
  }

  openNow(name: string): SegmentFile {
    return this.file(openSync(join(this.path, name), 'r+'))
  }

  listNow(): readonly string[] {
    return readdirSync(this.path)
  }

  async createRegion(name: string, capacity: number): Promise<RegionFile> {
    return new PositionalRegionFile(openSync(join(this.path, name), 'w+'), Buffer.alloc(capacity))
  }

  async rename(from: string, to: string): Promise<void> {
    await rename(join(this.path, from), join(this.path, to))
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.path, name), { force: true })
  }

  async syncDirectory(): Promise<void> {
    await syncDirectory(this.path)
  }

  protected file(descriptor: number): SegmentFile {
    return new PositionalSegmentFile(descriptor)
  }
}

/** Creates the folder if it is missing; its name is durable after a `syncDirectory` of its parent. */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true })
}

/** A file that is read by system calls: every view is a copy. */
export class PositionalSegmentFile implements SegmentFile {
  readonly isCompressed = false
  protected readonly descriptor: number
  #size: number

  constructor(descriptor: number) {
    this.descriptor = descriptor
    this.#size = fstatSync(descriptor).size
  }

  get size(): number {
    return this.#size
  }

  measure(): void {
    this.#size = fstatSync(this.descriptor).size
  }

  async write(bytes: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < bytes.byteLength;) done += await this.#writeSome(bytes, done, offset + done)
    this.#size = Math.max(this.#size, offset + bytes.byteLength)
  }

  writeNow(bytes: Uint8Array, offset: number): void {
    writeAllSync(this.descriptor, bytes, offset)
    this.#size = Math.max(this.#size, offset + bytes.byteLength)
  }

  flush(): Promise<void> {
    return flushFile(this.descriptor)
  }

  async truncate(size: number): Promise<void> {
    this.#size = Math.min(this.#size, size)
    await truncateFile(this.descriptor, size)
  }

  map(_end: number): WordMemory | undefined {
    return undefined
  }

  mapForLooks(_end: number, _isNear: boolean): WordMemory | undefined {
    return undefined
  }

  mapPart(_offset: number, _length: number): WordMemory | undefined {
    return undefined
  }

  view(offset: number, length: number): Buffer {
    return this.read(offset, length)
  }

  read(offset: number, length: number): Buffer {
    this.#checkRange(offset, length)
    const bytes = Buffer.allocUnsafe(length)
    this.readInto(bytes, offset)
    return bytes
  }

  readInto(bytes: Uint8Array, offset: number): void {
    const { length } = bytes
    this.#checkRange(offset, length)
    for (let done = 0; done < length;) {
      const read = readSync(this.descriptor, bytes, done, length - done, offset + done)
      if (read === 0) throw new RangeError(`the file ends before ${offset + length}`)
      done += read
    }
  }

  async close(): Promise<void> {
    await closeFile(this.descriptor)
  }

  /** Before memory is taken for it. */
  #checkRange(offset: number, length: number): void {
    if (offset < 0 || offset + length > this.#size)
      throw new RangeError(`${offset}+${length} is beyond ${this.#size}`)
  }

  /** One call may take fewer bytes than it is given: a full disk, a signal, the 2 GiB limit. */
  #writeSome(bytes: Uint8Array, from: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      write(this.descriptor, bytes, from, bytes.byteLength - from, position, (error, written) => {
        if (error) reject(error)
        else if (written === 0) reject(tookNothing())
        else resolve(written)
      })
    })
  }
}

/** An error of the device, as those that the operating system tells. */
const tookNothing = (): Error =>
  Object.assign(new Error('EIO: the operating system took 0 bytes'), { code: 'EIO' })

function writeAllSync(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.byteLength;) {
    done += writeSync(descriptor, bytes, done, bytes.byteLength - done, position + done)
  }
}

/** Backs `[from, to)` of a file with written zeros. */
export function writeZeros(descriptor: number, from: number, to: number): void {
  for (let at = from; at < to; at += ZERO_PIECE_BYTES) {
    writeAllSync(descriptor, ZEROS.subarray(0, Math.min(ZERO_PIECE_BYTES, to - at)), at)
  }
}

/** Memory of the process, copied to the file with every store: the page cache outlives the process. */
export class PositionalRegionFile implements RegionFile {
  readonly bytes: Buffer
  readonly #descriptor: number
  #size = 0

  constructor(descriptor: number, bytes: Buffer) {
    this.#descriptor = descriptor
    this.bytes = bytes
  }

  get size(): number {
    return this.#size
  }

  extend(size: number): void {
    writeZeros(this.#descriptor, this.#size, size)
    this.#size = size
  }

  stored(offset: number, length: number): void {
    writeAllSync(this.#descriptor, this.bytes.subarray(offset, offset + length), offset)
  }

  async close(): Promise<void> {
    await closeFile(this.#descriptor)
  }
}
