import { inflateRawSync } from 'node:zlib'
import { checksum } from '../checksum.js'
import { readU64 } from '../integers.js'
import type { SegmentFile } from '../segments/segment-files.js'
import { SEGMENT_HEADER_BYTES } from '../segments/segment-header.js'
import { BlockCache } from './block-cache.js'
import {
  BLOCK_BYTES,
  blockBytes,
  blockChecksum,
  blocksIn,
  decodeCompressedHead,
  firstBlockAt,
  FRAME_BYTES,
  KEPT_HEADER_AT,
  PLACE_BYTES,
  PLACES_AT,
  type CompressedHead,
} from './compressed-layout.js'

/** What a block that is not what was written reads as: no number and no magic has these bytes. */
const DAMAGED = Buffer.alloc(BLOCK_BYTES, 0xff)

/**
 * The file of a segment, compressed or not. Throws `PLOG_UNKNOWN_FORMAT` where a newer version compressed it; `name` is for
 * that.
 */
export function segmentFileIn(file: SegmentFile, name: string): SegmentFile {
  const bytes = file.read(0, Math.min(KEPT_HEADER_AT, file.size))
  const decoded = decodeCompressedHead(bytes, `engine/${name}`)
  return decoded ? new CompressedFile(file, decoded.head, decoded.damagedAt) : file
}

/**
 * A segment in blocks that are compressed, read as if it were not: a block is inflated when something in it is asked for. It
 * never changes. Every block has a checksum; one that is damaged reads as bytes that no checksum of a segment passes, so
 * that what was in it is found damaged where it stood, and everything else is there.
 */
export class CompressedFile implements SegmentFile {
  readonly isCompressed = true
  readonly size: number
  /** The offset in the file itself of a copy of the head that is damaged. */
  readonly damagedHeadAt: number | undefined
  readonly #file: SegmentFile
  readonly #head: CompressedHead
  readonly #cache = new BlockCache()
  /** Where the blocks are, where the list of that is damaged: they follow each other. */
  #walked: readonly number[] | undefined
  #arePlacesIntact: boolean | undefined
  /** Where a frame stands that says another length than the places. */
  #damagedFrameAt: number | undefined

  constructor(file: SegmentFile, head: CompressedHead, damagedHeadAt: number | undefined) {
    this.#file = file
    this.#head = head
    this.size = head.size
    this.damagedHeadAt = damagedHeadAt
  }

  /** Of the file itself, in bytes. */
  get compressedSize(): number {
    return this.#file.size
  }

  /**
   * Where in the file itself something is damaged that reads do without: a copy of the head, the places of the blocks, or
   * the length of one that was read.
   */
  damagedSpare(): number | undefined {
    const decoded = decodeCompressedHead(this.#file.read(0, Math.min(KEPT_HEADER_AT, this.#file.size)), '')
    if (!decoded) return 0
    return decoded.damagedAt ?? (this.#readPlaces() ? this.#damagedFrameAt : PLACES_AT)
  }

  measure(): void {
    // It has the size that it was written with.
  }

  async write(): Promise<void> {
    throw neverWritten()
  }

  writeNow(): void {
    throw neverWritten()
  }

  async truncate(): Promise<void> {
    throw neverWritten()
  }

  flush(): Promise<void> {
    return this.#file.flush()
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

  view(offset: number, length: number): Buffer {
    this.#checkRange(offset, length)
    const inBlock = (offset - SEGMENT_HEADER_BYTES) % BLOCK_BYTES
    if (offset < SEGMENT_HEADER_BYTES || inBlock + length > BLOCK_BYTES) return this.read(offset, length)
    return this.#cached((offset - SEGMENT_HEADER_BYTES - inBlock) / BLOCK_BYTES).subarray(
      inBlock,
      inBlock + length,
    )
  }

  read(offset: number, length: number): Buffer {
    this.#checkRange(offset, length)
    const bytes = Buffer.allocUnsafe(length)
    this.#fill(bytes, offset, (block) => this.#cached(block))
    return bytes
  }

  /** What stands in the file, not what was inflated before. */
  readInto(bytes: Uint8Array, offset: number): void {
    this.#checkRange(offset, bytes.byteLength)
    this.#fill(bytes, offset, (block) => this.#inflated(block))
  }

  async close(): Promise<void> {
    this.#cache.clear()
    await this.#file.close()
  }

  #fill(bytes: Uint8Array, offset: number, blockAt: (block: number) => Buffer): void {
    const { length } = bytes
    let done = Math.min(length, Math.max(0, SEGMENT_HEADER_BYTES - offset))
    if (done > 0) bytes.set(this.#keptHeader().subarray(offset, offset + done))
    while (done < length) {
      const at = offset + done - SEGMENT_HEADER_BYTES
      const from = at % BLOCK_BYTES
      const part = blockAt((at - from) / BLOCK_BYTES).subarray(from, from + length - done)
      bytes.set(part, done)
      done += part.length
    }
  }

  #keptHeader(): Buffer {
    return this.#file.size < PLACES_AT ? DAMAGED : this.#file.read(KEPT_HEADER_AT, SEGMENT_HEADER_BYTES)
  }

  #cached(block: number): Buffer {
    const kept = this.#cache.get(block)
    if (kept) return kept
    const bytes = this.#inflated(block)
    if (bytes.buffer !== DAMAGED.buffer) this.#cache.keep(block, bytes)
    return bytes
  }

  #inflated(block: number): Buffer {
    const length = blockBytes(this.size, block)
    return this.#intact(block, length) ?? DAMAGED.subarray(0, length)
  }

  /** `undefined` where it is not what was written. */
  #intact(block: number, length: number): Buffer | undefined {
    const [from, to] = this.#placeOf(block)
    const stored = to - from - FRAME_BYTES
    if (!(stored > 0 && stored <= length && from >= 0 && to <= this.#file.size)) return undefined
    const frame = this.#file.read(from, FRAME_BYTES + stored)
    if (frame.readUInt32LE(0) !== stored) this.#damagedFrameAt = from
    const bytes = frame.subarray(FRAME_BYTES)
    if (frame.readUInt32LE(4) !== blockChecksum(bytes, this.#head.seed, block)) return undefined
    if (stored === length) return bytes
    const inflated = inflateRawSync(bytes, { maxOutputLength: length })
    return inflated.byteLength === length ? inflated : undefined
  }

  #placeOf(block: number): readonly [from: number, to: number] {
    this.#arePlacesIntact ??= this.#readPlaces() !== undefined
    if (!this.#arePlacesIntact) {
      this.#walked ??= this.#walk()
      return [this.#walked[block] ?? NaN, this.#walked[block + 1] ?? NaN]
    }
    const bytes = this.#file.read(PLACES_AT + block * PLACE_BYTES, 2 * PLACE_BYTES)
    return [readU64(bytes, 0), readU64(bytes, PLACE_BYTES)]
  }

  /** `undefined` where they are not what was written. */
  #readPlaces(): Buffer | undefined {
    const length = firstBlockAt(this.size) - PLACES_AT
    if (PLACES_AT + length > this.#file.size) return undefined
    const bytes = this.#file.read(PLACES_AT, length)
    return checksum(bytes, 0, length, this.#head.seed) === this.#head.placesChecksum ? bytes : undefined
  }

  /** From frame to frame, as far as they lead. */
  #walk(): number[] {
    const places = [firstBlockAt(this.size)]
    for (let block = 0, at = places[0]!; block < blocksIn(this.size); block++) {
      if (at + FRAME_BYTES > this.#file.size) break
      at += FRAME_BYTES + this.#file.read(at, 4).readUInt32LE(0)
      places.push(at)
    }
    return places
  }

  #checkRange(offset: number, length: number): void {
    if (offset < 0 || offset + length > this.size)
      throw new RangeError(`${offset}+${length} is beyond ${this.size}`)
  }
}

const neverWritten = (): Error => new Error('a compressed segment is never written to')
