import { randomBytes } from 'node:crypto'
import { raise } from '@persistent-log/core/backend'
import { roundUp } from '../integers.js'
import { EMPTY_SUMMARY, type GroupSummary } from './group.js'
import type { GroupBuilder } from './group-builder.js'
import { RECORD, RECORD_ALIGNMENT_BYTES, type StoredRecord } from './record.js'
import { Segment, segmentName, UNPUBLISHED_SUFFIX } from './segment.js'
import type { SegmentFiles } from './segment-files.js'
import {
  encodeSegmentHeader,
  SALT_BYTES,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from './segment-header.js'

/** What the next group's frame repeats about the one before. */
export interface Chain {
  readonly sequence: number
  readonly previous: GroupSummary
  readonly previousChecksum: number
}

/** Before the first group of a log. */
export const FIRST_CHAIN: Chain = { sequence: 1, previous: EMPTY_SUMMARY, previousChecksum: 0 }

/** What a tail is made of. */
export interface TailParts {
  readonly files: SegmentFiles
  readonly logId: Buffer
  readonly segmentBytes: number
  /** Ascending, without a gap; the last one is appended to. */
  readonly segments: Segment[]
  /** A new segment gets at least this number and this base: what is there and unreadable is not overwritten. */
  readonly floor?: { readonly number: number; readonly base: number } | undefined
}

/**
 * The append-only tail. Invariants:
 *
 * - flushedTo <= position; only the last segment holds anything behind `flushedTo`.
 * - A segment gets its name after the one before was flushed whole, so its header proves that.
 * - Bytes below `position` never change.
 *
 * Files are extended by positional writes, not prepared ahead: the length of a file is what was written, a full disk is
 * an error of the write that met it, and no scan has to tell prepared zeros from lost data.
 */
export class Tail {
  readonly #parts: TailParts
  readonly segments: Segment[]
  #chain = FIRST_CHAIN
  #flushedTo = 0
  #flushes = 0
  #bytesWritten = 0

  constructor(parts: TailParts) {
    this.#parts = parts
    this.segments = parts.segments
  }

  /** What recovery found: the next group follows this one, and everything that is there is flushed. */
  continueFrom(chain: Chain): void {
    this.#chain = chain
    this.#flushedTo = this.position
  }

  get flushes(): number {
    return this.#flushes
  }

  get bytesWritten(): number {
    return this.#bytesWritten
  }

  get flushedTo(): number {
    return this.#flushedTo
  }

  /** The segment that is appended to. */
  get active(): Segment {
    const last = this.segments.at(-1)
    if (!last) throw new Error('a tail has at least one segment')
    return last
  }

  /** Where the next group begins. */
  get position(): number {
    const { header, end } = this.active
    return header.base + end
  }

  /** Never directly behind a close: such a segment would pass for the last one of a closed log if its successor were lost. */
  get mayRoll(): boolean {
    return (this.#chain.previous.kinds & (1 << RECORD.close)) === 0
  }

  get isActiveFull(): boolean {
    return this.active.end >= this.#parts.segmentBytes && this.mayRoll
  }

  /** Appends a group that was built for `position`. Resolved: the operating system has it. */
  async append(builder: GroupBuilder, point: number): Promise<void> {
    const { active } = this
    const { bytes, checksum } = builder.finish({ ...this.#chain, flushedTo: this.#flushedTo, point })
    await active.file.write(bytes, active.end)
    active.end += bytes.byteLength
    this.#bytesWritten += bytes.byteLength
    this.#chain = {
      sequence: this.#chain.sequence + 1,
      previous: builder.summary,
      previousChecksum: checksum,
    }
  }

  /** The device has everything below the `position` at the time of the call. */
  async flush(): Promise<void> {
    const { active, position } = this
    if (this.#flushedTo >= position) return
    await active.file.flush()
    this.#flushes++
    this.#flushedTo = Math.max(this.#flushedTo, position)
  }

  /** Goes on in a new segment: the old one is flushed first, and the new name is durable on return. */
  async roll(): Promise<void> {
    await this.flush()
    await this.begin()
    await this.publish()
  }

  /**
   * A new last segment without its name yet: nobody sees it before `publish`. What was flushed in the segment before, and
   * nothing behind it, stays part of the log.
   */
  async begin(): Promise<void> {
    const last = this.segments.at(-1)
    const { floor } = this.#parts
    // Behind everything that was ever there, cut bytes included: positions never repeat.
    const base = last
      ? last.header.base + roundUp(Math.max(last.end, last.file.size), RECORD_ALIGNMENT_BYTES)
      : 0
    const header: SegmentHeader = {
      number: Math.max(last ? last.header.number + 1 : 1, floor?.number ?? 1),
      base: Math.max(base, floor?.base ?? 0),
      previousEnd: last?.end ?? 0,
      firstSequence: this.#chain.sequence,
      salt: randomBytes(SALT_BYTES),
    }
    const file = await this.#parts.files.create(segmentName(header.number) + UNPUBLISHED_SUFFIX)
    await file.write(encodeSegmentHeader(header, this.#parts.logId), 0)
    this.segments.push(new Segment(header, file, SEGMENT_HEADER_BYTES))
  }

  /** The commit point of a new segment: its content is flushed, then it gets its name, then the name is flushed. */
  async publish(): Promise<void> {
    const { files } = this.#parts
    const { active } = this
    const end = this.position
    await active.file.flush()
    this.#flushes++
    await files.rename(active.name + UNPUBLISHED_SUFFIX, active.name)
    await files.syncDirectory()
    this.#flushedTo = Math.max(this.#flushedTo, end)
  }

  /** The segment that holds a position. */
  segmentAt(position: number): Segment | undefined {
    const { segments } = this
    let low = 0
    let high = segments.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (segments[middle]!.header.base <= position) low = middle
      else high = middle - 1
    }
    const found = segments[low]
    return found && position >= found.header.base && position < found.header.base + found.end
      ? found
      : undefined
  }

  /** The record at a position, verified; `undefined` when it is damaged or gone. */
  record(position: number): StoredRecord | undefined {
    const segment = this.segmentAt(position)
    return segment?.record(position - segment.header.base)
  }

  /** Removes the oldest segments, one durable removal after the other: what a crash leaves has no hole. */
  async retireBefore(number: number): Promise<void> {
    for (let first = this.segments[0]; first && first.header.number < number; first = this.segments[0]) {
      await this.#parts.files.remove(first.name)
      await this.#parts.files.syncDirectory()
      this.segments.shift()
      await first.file.close()
    }
  }

  /** Gives every file back, also when that fails for one. */
  async close(): Promise<void> {
    const closed = await Promise.allSettled(this.segments.map((segment) => segment.file.close()))
    for (const one of closed)
      if (one.status === 'rejected') throw raise.io('close', {}, { cause: one.reason as unknown })
  }
}
