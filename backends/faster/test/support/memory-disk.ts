import type { RegionFile, SegmentFile, SegmentFiles } from '../../src/segments/segment-files.js'

/** What a file system was asked to do; crash states are made from a sequence of these. */
export type DiskOperation =
  | { readonly kind: 'create'; readonly name: string; readonly inode: number }
  | { readonly kind: 'write'; readonly inode: number; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly inode: number; readonly size: number }
  | { readonly kind: 'flush'; readonly inode: number }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string; readonly inode: number }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'sync-directory'; readonly folder: string }

/** The content of a disk: names, and the bytes behind them. */
export interface DiskImage {
  readonly names: Map<string, number>
  readonly inodes: Map<number, Buffer>
}

/** A file system in memory that notes every operation. One image may be opened by several disks after each other. */
export class MemoryDisk {
  readonly operations: DiskOperation[] = []
  readonly image: DiskImage
  /** By views. */
  bytesRead = 0
  /** Files that were opened or created, and are not closed; regions too. */
  openFiles = 0
  /** Called before each read; may throw, as a device would. */
  beforeRead: () => void = () => undefined
  /** Called before each operation; may throw, as a device would. */
  beforeOperation: (operation: DiskOperation) => void = () => undefined
  /** Flushes of files take as long as this. */
  beforeFlush: (inode: number) => Promise<void> = () => Promise.resolve()
  /** Writes of files, but for regions, take as long as this. */
  beforeWrite: () => Promise<void> = () => Promise.resolve()
  #nextInode: number

  constructor(image: DiskImage = { names: new Map(), inodes: new Map() }) {
    this.image = image
    this.#nextInode = Math.max(0, ...image.inodes.keys()) + 1
  }

  folder(folder: string): SegmentFiles {
    return new MemoryFolder(this, folder)
  }

  perform(operation: DiskOperation): void {
    this.beforeOperation(operation)
    this.operations.push(operation)
    performOn(this.image, operation)
  }

  create(name: string): number {
    const inode = this.#nextInode++
    this.perform({ kind: 'create', name, inode })
    return inode
  }

  /** A copy of everything, as another process would find it. */
  copy(): DiskImage {
    const inodes = new Map([...this.image.inodes].map(([inode, bytes]) => [inode, Buffer.from(bytes)]))
    return { names: new Map(this.image.names), inodes }
  }
}

/** Changes an image by one operation. */
export function performOn({ names, inodes }: DiskImage, operation: DiskOperation): void {
  switch (operation.kind) {
    case 'create':
      names.set(operation.name, operation.inode)
      inodes.set(operation.inode, Buffer.alloc(0))
      return
    case 'write': {
      const { inode, offset, bytes } = operation
      const before = inodes.get(inode) ?? Buffer.alloc(0)
      const after =
        before.byteLength >= offset + bytes.byteLength ? before : Buffer.alloc(offset + bytes.byteLength)
      if (after !== before) before.copy(after)
      bytes.copy(after, offset)
      inodes.set(inode, after)
      return
    }
    case 'truncate':
      inodes.set(
        operation.inode,
        Buffer.from((inodes.get(operation.inode) ?? Buffer.alloc(0)).subarray(0, operation.size)),
      )
      return
    case 'rename':
      names.delete(operation.from)
      names.set(operation.to, operation.inode)
      return
    case 'remove':
      names.delete(operation.name)
      return
    case 'flush':
    case 'sync-directory':
      return
  }
}

class MemoryFolder implements SegmentFiles {
  readonly mapped = false
  readonly #disk: MemoryDisk
  readonly #folder: string

  constructor(disk: MemoryDisk, folder: string) {
    this.#disk = disk
    this.#folder = folder
  }

  async list(): Promise<readonly string[]> {
    return this.listNow()
  }

  listNow(): readonly string[] {
    const here = [...this.#disk.image.names.keys()].filter((name) => name.startsWith(this.#folder))
    return here.map((name) => name.slice(this.#folder.length)).filter((name) => !name.includes('/'))
  }

  async create(name: string): Promise<SegmentFile> {
    return new MemoryFile(this.#disk, this.#disk.create(this.#folder + name))
  }

  async open(name: string): Promise<SegmentFile> {
    return this.openNow(name)
  }

  openNow(name: string): SegmentFile {
    const inode = this.#disk.image.names.get(this.#folder + name)
    if (inode === undefined) throw Object.assign(new Error(`no file ${name}`), { code: 'ENOENT' })
    return new MemoryFile(this.#disk, inode)
  }

  async createRegion(name: string, capacity: number): Promise<RegionFile> {
    return new MemoryRegion(this.#disk, this.#disk.create(this.#folder + name), capacity)
  }

  async rename(from: string, to: string): Promise<void> {
    const inode = this.#disk.image.names.get(this.#folder + from)
    if (inode === undefined) throw Object.assign(new Error(`no file ${from}`), { code: 'ENOENT' })
    this.#disk.perform({ kind: 'rename', from: this.#folder + from, to: this.#folder + to, inode })
  }

  async remove(name: string): Promise<void> {
    if (!this.#disk.image.names.has(this.#folder + name)) return
    this.#disk.perform({ kind: 'remove', name: this.#folder + name })
  }

  async syncDirectory(): Promise<void> {
    this.#disk.perform({ kind: 'sync-directory', folder: this.#folder })
  }
}

class MemoryFile implements SegmentFile {
  readonly isCompressed = false
  readonly #disk: MemoryDisk
  readonly #inode: number
  #isClosed = false

  constructor(disk: MemoryDisk, inode: number) {
    this.#disk = disk
    this.#inode = inode
    disk.openFiles++
  }

  get size(): number {
    return this.#bytes().byteLength
  }

  measure(): void {
    // The size is always that of now.
  }

  async write(bytes: Uint8Array, offset: number): Promise<void> {
    await this.#disk.beforeWrite()
    this.writeNow(bytes, offset)
  }

  writeNow(bytes: Uint8Array, offset: number): void {
    this.#disk.perform({ kind: 'write', inode: this.#inode, offset, bytes: Buffer.from(bytes) })
  }

  async flush(): Promise<void> {
    await this.#disk.beforeFlush(this.#inode)
    this.#disk.perform({ kind: 'flush', inode: this.#inode })
  }

  async truncate(size: number): Promise<void> {
    this.#disk.perform({ kind: 'truncate', inode: this.#inode, size })
  }

  view(offset: number, length: number): Buffer {
    return this.read(offset, length)
  }

  map(): undefined {
    return undefined
  }

  mapForLooks(): undefined {
    return undefined
  }

  mapPart(): undefined {
    return undefined
  }

  readInto(bytes: Uint8Array, offset: number): void {
    bytes.set(this.read(offset, bytes.byteLength))
  }

  read(offset: number, length: number): Buffer {
    this.#disk.beforeRead()
    if (offset + length > this.size) throw new RangeError('beyond the end of the file')
    this.#disk.bytesRead += length
    return Buffer.from(this.#bytes().subarray(offset, offset + length))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#disk.openFiles--
  }

  #bytes(): Buffer {
    if (this.#isClosed) throw Object.assign(new Error('EBADF: the file is closed'), { code: 'EBADF' })
    return this.#disk.image.inodes.get(this.#inode) ?? Buffer.alloc(0)
  }
}

class MemoryRegion implements RegionFile {
  readonly bytes: Buffer
  readonly #disk: MemoryDisk
  readonly #inode: number
  size = 0

  constructor(disk: MemoryDisk, inode: number, capacity: number) {
    this.#disk = disk
    this.#inode = inode
    this.bytes = Buffer.alloc(capacity)
    disk.openFiles++
  }

  extend(size: number): void {
    this.size = size
  }

  stored(offset: number, length: number): void {
    const bytes = Buffer.from(this.bytes.subarray(offset, offset + length))
    this.#disk.perform({ kind: 'write', inode: this.#inode, offset, bytes })
  }

  async close(): Promise<void> {
    this.#disk.openFiles--
  }
}
