import { close, openSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { roundUp } from '../integers.js'
import { wordMemory, type WordMemory } from '../word-memory.js'
import {
  PositionalRegionFile,
  PositionalSegmentFile,
  PositionalSegmentFiles,
  writeZeros,
} from './positional-segment-files.js'
import type { RegionFile, SegmentFile, SegmentFiles } from './segment-files.js'

/** The part of mmap-io that is used here; its own types do not fit an ES module. */
interface MmapIo {
  readonly PROT_READ: number
  readonly PROT_WRITE: number
  readonly MAP_SHARED: number
  readonly PAGESIZE: number
  map(size: number, protection: number, flags: number, descriptor: number, offset?: number): Buffer
}

/** The add-on reads sizes as int32: from here on it would map something else than it was asked for. */
const MAX_MAP_BYTES = 0x7fff_f000

const closeFile = promisify(close)

type Transfer = (this: ArrayBufferLike, length: number) => ArrayBuffer

/**
 * `ArrayBuffer.prototype.transfer`: detaching a buffer is the one way to unmap deterministically. Node.js 20 has it
 * behind a flag that counts for contexts made after it is set.
 */
function findTransfer(): Transfer {
  const own = (ArrayBuffer.prototype as { transfer?: Transfer }).transfer
  if (own) return own
  setFlagsFromString('--harmony-rab-gsab-transfer')
  const found: unknown = runInNewContext('ArrayBuffer.prototype.transfer')
  if (typeof found !== 'function') throw new Error('this Node.js cannot detach a buffer')
  return found as Transfer
}

interface Mapping {
  readonly mmap: MmapIo
  readonly transfer: Transfer
}

let loaded: Mapping | undefined

function load(): Mapping {
  loaded ??= { mmap: loadMmapIo(), transfer: findTransfer() }
  return loaded
}

/**
 * The add-on of the package, from where its installation puts it: to let the package look for it takes 70 ms of each process.
 * Where it is not there, the package has the word.
 */
function loadMmapIo(): MmapIo {
  const require = createRequire(import.meta.url)
  try {
    const folder = dirname(require.resolve('mmap-io/package.json'))
    const { versions, platform, arch } = process
    const built = `build/binding/Release/node-v${versions.modules}-${platform}-${arch}/mmap_io.node`
    return require(join(folder, built)) as MmapIo
  } catch {
    return require('mmap-io') as MmapIo
  }
}

/** Why memory maps cannot be used here; `undefined` when they can. */
export function whyNotMapped(): Error | undefined {
  try {
    load()
    return undefined
  } catch (cause) {
    return cause instanceof Error ? cause : new Error(String(cause))
  }
}

/** Reads through maps, writes by position: both show the same page cache. Throws when mmap-io cannot be loaded. */
export class MappedSegmentFiles extends PositionalSegmentFiles implements SegmentFiles {
  override readonly mapped = true
  readonly #mapping = load()

  override async createRegion(name: string, capacity: number): Promise<RegionFile> {
    const descriptor = openSync(join(this.path, name), 'w+')
    const { mmap } = this.#mapping
    const bytes = Math.min(roundUp(capacity, mmap.PAGESIZE), MAX_MAP_BYTES)
    try {
      const map = mmap.map(bytes, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, descriptor, 0)
      return new MappedRegionFile(this.#mapping, descriptor, map)
    } catch {
      // Where there is no map to be had, memory of the process does, and every store is written through.
      return new PositionalRegionFile(descriptor, Buffer.alloc(capacity))
    }
  }

  protected override file(descriptor: number): SegmentFile {
    return new MappedSegmentFile(this.#mapping, descriptor)
  }
}

/** Maps are of multiples of this; each further one is at least twice as long, so that a growing file needs few of them. */
const MAP_STEP_BYTES = 1024 * 1024
/**
 * V8 counts a map as memory of its own: one that adds much makes it collect garbage there and then, for 10 to 20 ms. So nobody
 * maps a larger file than this, in bytes, for a few looks ...
 */
const SMALL_MAP_BYTES = 8 * 1024 * 1024
const FEW_LOOKS = 32
/** ... nor, where a look is a copy from the page cache, for less than one in so many bytes. */
const BYTES_PER_NEAR_LOOK = 1024

/**
 * A file that is read through a read-only map. The map may be longer than the file (that is legal, and spares a map per
 * append); a page behind the end of the file is never touched, because that would be a SIGBUS.
 */
class MappedSegmentFile extends PositionalSegmentFile {
  readonly #mapping: Mapping
  /** The last one is the longest. Earlier ones stay until the file is closed: a borrowed view may still be in use. */
  readonly #maps: WordMemory[] = []
  readonly #parts: Buffer[] = []
  #looks = 0

  constructor(mapping: Mapping, descriptor: number) {
    super(descriptor)
    this.#mapping = mapping
  }

  override view(offset: number, length: number): Buffer {
    this.#check(offset, length)
    const covering = this.#covering(offset + length)
    return covering?.bytes.subarray(offset, offset + length) ?? super.view(offset, length)
  }

  override map(end: number): WordMemory | undefined {
    const covering = this.#covering(end)
    if (covering) return covering
    const bytes = this.#bytesFor(end)
    const map = end > MAX_MAP_BYTES ? undefined : this.#map(0, Math.min(bytes, MAX_MAP_BYTES))
    if (!map) return undefined
    const memory = wordMemory(map)
    this.#maps.push(memory)
    return memory
  }

  override mapForLooks(end: number, isNear: boolean): WordMemory | undefined {
    const covering = this.#covering(end)
    if (covering) return covering
    const bytes = this.#bytesFor(end)
    const looks = isNear ? bytes / BYTES_PER_NEAR_LOOK : FEW_LOOKS
    if (bytes > SMALL_MAP_BYTES && ++this.#looks < looks) return undefined
    this.#looks = 0
    return this.map(end)
  }

  override mapPart(offset: number, length: number): WordMemory | undefined {
    this.#check(offset, length)
    const covering = this.#covering(offset + length)?.bytes
    if (covering) return wordMemory(covering.subarray(offset, offset + length))
    const { PAGESIZE } = this.#mapping.mmap
    const from = offset - (offset % PAGESIZE)
    const part = this.#map(from, offset + length - from)
    if (!part) return undefined
    this.#parts.push(part)
    return wordMemory(part.subarray(offset - from))
  }

  override async close(): Promise<void> {
    const all = [...this.#maps.splice(0).map(({ bytes }) => bytes), ...this.#parts.splice(0)]
    for (const { buffer } of all) this.#mapping.transfer.call(buffer, 0)
    await super.close()
  }

  /** A map may be longer than the file: a page behind its end is a SIGBUS. */
  #check(offset: number, length: number): void {
    if (offset < 0 || offset + length > this.size) {
      throw new RangeError(`${offset}+${length} is beyond ${this.size}`)
    }
  }

  /** The map that is there already. */
  #covering(end: number): WordMemory | undefined {
    const last = this.#maps.at(-1)
    return last && last.bytes.length >= end ? last : undefined
  }

  #bytesFor(end: number): number {
    return roundUp(Math.max(end, this.size, (this.#maps.at(-1)?.bytes.length ?? 0) * 2), MAP_STEP_BYTES)
  }

  /** A system may have no map to give: none of memory, or none of a file system that it had to stop writing to. */
  #map(from: number, bytes: number): Buffer | undefined {
    const { mmap } = this.#mapping
    try {
      return mmap.map(bytes, mmap.PROT_READ, mmap.MAP_SHARED, this.descriptor, from)
    } catch {
      // Nothing is lost by that: the same bytes are read by position, and an error there is told.
      return undefined
    }
  }
}

/** The file itself is the memory: a store costs no system call. */
class MappedRegionFile implements RegionFile {
  readonly bytes: Buffer
  readonly #mapping: Mapping
  readonly #descriptor: number
  #size = 0

  constructor(mapping: Mapping, descriptor: number, bytes: Buffer) {
    this.#mapping = mapping
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

  stored(): void {
    // The store itself was enough: the page belongs to the file.
  }

  async close(): Promise<void> {
    this.#mapping.transfer.call(this.bytes.buffer, 0)
    await closeFile(this.#descriptor)
  }
}
