import type { WordMemory } from '../word-memory.js'

/**
 * THE PORT to the disk: one directory of files. Everything that the hybrid log stores goes through here, so crashes,
 * failed flushes and full disks are injected here. Names are plain; a file's size is what was written.
 */
export interface SegmentFiles {
  /** True when reads go through a map, false when each is a system call. */
  readonly mapped: boolean
  list(): Promise<readonly string[]>
  /** A new, empty file; what had this name is gone. Its name is durable only after `syncDirectory`. */
  create(name: string): Promise<SegmentFile>
  open(name: string): Promise<SegmentFile>
  /** Like `open`, for a reader that cannot wait. Throws where there is no such file. */
  openNow(name: string): SegmentFile
  /** The names, for a reader that cannot wait. */
  listNow(): readonly string[]
  /** Memory that outlives this process, of at most `capacity` bytes; what had this name is gone. */
  createRegion(name: string, capacity: number): Promise<RegionFile>
  /** Replaces what had the name `to`. Durable only after `syncDirectory`. */
  rename(from: string, to: string): Promise<void>
  /** Durable only after `syncDirectory`. */
  remove(name: string): Promise<void>
  syncDirectory(): Promise<void>
}

/** One open file. Writes never overlap each other; reads may happen at any time, below `size` only. */
export interface SegmentFile {
  /** In bytes, as of the last write that resolved. */
  readonly size: number
  /** It is kept in another form than it is read in: it is never written to, and there is no map of it. */
  readonly isCompressed: boolean
  /** Where somebody else writes: takes over the size that the file has by now. */
  measure(): void
  /** All bytes, however many system calls that takes. Resolved: the operating system has them. */
  write(bytes: Uint8Array, offset: number): Promise<void>
  /** Like `write`, on this thread: for few bytes below `size`, where no block has to be found for them. */
  writeNow(bytes: Uint8Array, offset: number): void
  /** The device has everything whose write had resolved when this was called. A failure proves nothing about any of it. */
  flush(): Promise<void>
  truncate(size: number): Promise<void>
  /**
   * A copy, by a system call: a map of the whole file costs more than a few looks at it. Throws `RangeError` as `view`
   * does.
   */
  read(offset: number, length: number): Buffer
  /** The same into memory of the caller, all of it. */
  readInto(bytes: Uint8Array, offset: number): void
  /** A view that lives until the next call on this file; no map is made for it. Throws `RangeError` beyond `size`. */
  view(offset: number, length: number): Buffer
  /** The map of everything below `end`, as long as a view lives; `undefined` where there is none to be had. */
  map(end: number): WordMemory | undefined
  /**
   * The same for one look of maybe many: `undefined` too until there were so many that a map is worth what it costs. That is
   * soon, because a map reads ahead, but where everything `isNear`: was written just now.
   */
  mapForLooks(end: number, isNear: boolean): WordMemory | undefined
  /** The map of a part alone, which begins at a multiple of 8. */
  mapPart(offset: number, length: number): WordMemory | undefined
  close(): Promise<void>
}

/** Memory behind which the operating system stands: what is stored outlives the process, not the machine's power. */
export interface RegionFile {
  /** `capacity` bytes; only those below `size` are backed. */
  readonly bytes: Buffer
  readonly size: number
  /** Backs the bytes below `size` with blocks of zeros; never a sparse file, which a full disk would turn into SIGBUS. */
  extend(size: number): void
  /** Must follow every store into `bytes`: returns when the operating system has the range. */
  stored(offset: number, length: number): void
  close(): Promise<void>
}
