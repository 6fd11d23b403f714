import { randomBytes } from 'node:crypto'
import { raise, type Ballot, type StoredEntry } from '@persistent-log/core/backend'
import { roundUp } from '../integers.js'
import type { GroupBuilder } from './group-builder.js'
import { GroupWriter } from './group-writer.js'
import { RECORD, RECORD_ALIGNMENT_BYTES, type StoredRecord } from './record.js'
import { cut, Segment, segmentNumber, segmentName, UNPUBLISHED_SUFFIX } from './segment.js'
import { FIRST_CHAIN, type Chain } from './chain.js'
import { Preparation } from './preparation.js'
import type { SegmentFiles } from './segment-files.js'
import { SALT_BYTES, SEGMENT_HEADER_BYTES, writeSegmentHeader, type SegmentHeader } from './segment-header.js'
import type { SpareSegments } from './spare-segments.js'

/** What a tail is made of. */
export interface TailParts {
  readonly files: SegmentFiles
  readonly logId: Buffer
  readonly segmentBytes: number
  readonly spares: SpareSegments
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
 * - No byte is written at or behind `position` but by the next append, and zeros by the preparation.
 *
 * An append that a flush is waited for normally meets blocks that are written already, so that the flush changes no
 * metadata. Any other extends the file itself, and a full disk is an error of that write.
 */
export class Tail {
  readonly #parts: TailParts
  readonly segments: Segment[]
  readonly #preparation: Preparation
  readonly #writer = new GroupWriter()
  #chain = FIRST_CHAIN
  /** What the file of a segment that is not published yet is called. */
  #unpublishedName: string | undefined
  /** Takes the footer away that a close left behind the end of the active segment, where one is. */
  beforeAppend: (() => Promise<void>) | undefined
  #flushedTo = 0
  #reached = 0
  /** Flushes one after the other; rejected for ever after the first failure. */
  #flushing: Promise<void> = Promise.resolve()
  /** Nearly every read is in the segment of the one before. */
  #found: Segment | undefined
  #flushes = 0
  #bytesWritten = 0

  constructor(parts: TailParts) {
    this.#parts = parts
    this.segments = parts.segments
    const flush = (): Promise<void> => this.#inTurn(() => this.#flushActive())
    this.#preparation = new Preparation({ ...parts, flush })
  }

  /** What recovery found: the next group follows this one, and everything that is there is flushed. */
  continueFrom(chain: Chain): void {
    this.#chain = chain
    this.#flushedTo = this.position
    this.#reached = this.position
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
    const last = this.segments[this.segments.length - 1]
    if (!last) throw new Error('a tail has at least one segment')
    return last
  }

  /** Where the next group begins. */
  get position(): number {
    const { header, end } = this.active
    return header.base + end
  }

  /** As `position`, but in a segment that has its name: a process that dies leaves everything below. */
  get reached(): number {
    return this.#reached
  }

  /** Never directly behind a close: such a segment would pass for the last one of a closed log if its successor were lost. */
  get mayRoll(): boolean {
    return (this.#chain.previous.kinds & (1 << RECORD.close)) === 0
  }

  get isActiveFull(): boolean {
    return this.active.end >= this.#parts.segmentBytes && this.mayRoll
  }

  /** Appends a group that was built for `position`. Resolved: the operating system has it. Somebody may wait for its flush. */
  async append(builder: GroupBuilder, point: number, awaitsFlush: boolean): Promise<void> {
    const { active } = this
    const { summary } = builder
    const { sequence, previous, previousChecksum, writtenTo: writtenBefore } = this.#chain
    const about = { sequence, previous, previousChecksum, writtenBefore, flushedTo: this.#flushedTo, point }
    const { bytes, checksum } = builder.finish(about)
    if (this.beforeAppend) await this.beforeAppend()
    this.beforeAppend = undefined
    const end = active.end + bytes.byteLength
    if (this.#preparation.isBelow(end)) await this.#preparation.pause()
    await this.#writer.write(active.file, bytes, active.end, awaitsFlush)
    active.end = end
    this.#bytesWritten += bytes.byteLength
    const writtenTo = Math.max(writtenBefore, summary.end)
    this.#chain = { sequence: sequence + 1, previous: summary, previousChecksum: checksum, writtenTo }
    if (this.#unpublishedName !== undefined) return
    this.#reached = this.position
    if (awaitsFlush) this.#preparation.advance(active, bytes.byteLength)
  }

  /**
   * The device has everything below the `position` at the time of the call. The system tells of a failure once, and to
   * whoever asks first: nobody asks beside him, and nobody again.
   */
  flush(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#flushedTo < this.position) await this.#flushActive()
    })
  }

  #inTurn(flush: () => Promise<void>): Promise<void> {
    this.#flushing = this.#flushing.then(flush)
    return this.#flushing
  }

  async #flushActive(): Promise<void> {
    const { active, position } = this
    await active.file.flush()
    this.#flushes++
    this.#flushedTo = Math.max(this.#flushedTo, position)
  }

  /** Goes on in a new segment: the old one is flushed first, and the new name is durable on return. */
  async roll(): Promise<void> {
    // A footer is going to stand where zeros may still be on their way to.
    if (this.#preparation.isBelow(Infinity)) await this.#preparation.pause()
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
    const { floor, files, spares } = this.#parts
    // Behind everything that was ever there, cut bytes included: positions never repeat.
    const base = last
      ? last.header.base + roundUp(Math.max(last.end, last.file.size), RECORD_ALIGNMENT_BYTES)
      : 0
    const spare = await spares.take()
    const header: SegmentHeader = {
      number: Math.max(last ? last.header.number + 1 : 1, floor?.number ?? 1),
      base: Math.max(base, floor?.base ?? 0),
      previousEnd: last?.end ?? 0,
      firstSequence: this.#chain.sequence,
      salt: randomBytes(SALT_BYTES),
      isRecycled: spare?.isRecycled ?? false,
    }
    this.beforeAppend = undefined
    this.#unpublishedName = spare?.name ?? segmentName(header.number) + UNPUBLISHED_SUFFIX
    const file = spare?.file ?? (await files.create(this.#unpublishedName))
    await writeSegmentHeader(file, header, this.#parts.logId)
    if (last) last.isGrowing = false
    this.segments.push(new Segment(header, file, SEGMENT_HEADER_BYTES, true))
  }

  /** The commit point of a new segment: its content is flushed, then it gets its name, then the name is flushed. */
  async publish(): Promise<void> {
    const { files } = this.#parts
    const { active } = this
    const end = this.position
    await this.#inTurn(() => active.file.flush())
    this.#flushes++
    if (this.#unpublishedName === undefined) throw new Error('no segment was begun')
    await files.rename(this.#unpublishedName, active.name)
    this.#unpublishedName = undefined
    this.#reached = this.position
    await files.syncDirectory()
    this.#flushedTo = Math.max(this.#flushedTo, end)
  }

  /** The same bytes are read from another file; the old one is the caller's to close. */
  replace(segment: Segment, by: Segment): void {
    this.segments[this.segments.indexOf(segment)] = by
    this.#found = undefined
  }

  /** The segment that holds a position. */
  segmentAt(position: number): Segment | undefined {
    if (this.#found?.holds(position)) return this.#found
    const { segments } = this
    let low = 0
    let high = segments.length - 1
    const last = segments[high]
    if (last && position >= last.header.base) low = high
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (segments[middle]!.header.base <= position) low = middle
      else high = middle - 1
    }
    const found = segments[low]
    if (!found?.holds(position)) return undefined
    this.#found = found
    return found
  }

  /** The accept or the decision of a slot at a position, as views; `undefined` when it is damaged or gone. */
  entry(position: number, slot: number): StoredEntry | undefined {
    const segment = this.segmentAt(position)
    return segment?.entry(position - segment.header.base, slot)
  }

  /** The checksum of the entry of a slot at a position, where it has this ballot. */
  entryChecksum(position: number, slot: number, ballot: Ballot): number | undefined {
    const segment = this.segmentAt(position)
    return segment?.entryChecksum(position - segment.header.base, slot, ballot)
  }

  /** The record at a position, verified; `undefined` when it is damaged or gone. */
  record(position: number): StoredRecord | undefined {
    const segment = this.segmentAt(position)
    return segment?.record(position - segment.header.base)
  }

  /**
   * Gives up the oldest segments, one durable removal after the other: what a crash leaves has no hole. A file whose name
   * is durably gone may be written over; views of it go with its map, after `leave` was told.
   */
  async retireBefore(number: number, leave: (segment: Segment) => void): Promise<void> {
    const { files, spares } = this.#parts
    for (let first = this.segments[0]; first && first.header.number < number; first = this.segments[0]) {
      const retired = first
      const letGo = (): Promise<void> => this.#letGo(retired, leave)
      if (spares.hasRoom && spares.fits(first.file)) await spares.recycle(first.name, letGo)
      else {
        await files.remove(first.name)
        await letGo()
      }
    }
    // A file whose header is damaged is no segment here, but goes as if it were.
    const unreadable = (await files.list()).filter((name) => (segmentNumber(name) ?? number) < number)
    for (const name of unreadable) await files.remove(name)
    if (unreadable.length > 0) await files.syncDirectory()
  }

  /** Its name is gone; everything else of the first segment follows. */
  async #letGo(first: Segment, leave: (segment: Segment) => void): Promise<void> {
    await this.#parts.files.syncDirectory()
    this.segments.shift()
    this.#found = undefined
    leave(first)
    await first.file.close()
  }

  /** The log is closed and flushed: what was prepared behind its end goes, so that every byte that is left counts. */
  async cut(): Promise<void> {
    await this.#preparation.stop()
    await cut(this.active)
  }

  /** The file of a retired segment becomes another one only if nobody looks at it then. */
  reuseOnlyIf(isQuiet: () => boolean): void {
    this.#parts.spares.mayReuse = isQuiet
  }

  /** Gives every file back, also when that fails for one. */
  async close(): Promise<void> {
    const stopped = await Promise.allSettled([this.#preparation.stop()])
    const closed = await Promise.allSettled(this.segments.map((segment) => segment.file.close()))
    for (const one of [...stopped, ...closed])
      if (one.status === 'rejected') throw raise.io('close', {}, { cause: one.reason as unknown })
  }
}
