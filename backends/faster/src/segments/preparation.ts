import { roundUp } from '../integers.js'
import { UNPUBLISHED_SUFFIX, type Segment } from './segment.js'
import type { SegmentFile, SegmentFiles } from './segment-files.js'
import type { SpareSegments } from './spare-segments.js'
import { writeZeros, ZERO_PIECE_BYTES } from './zeros.js'

/**
 * The active segment is extended by a quarter of what it holds, within these bounds, in bytes. A step is flushed at once, with
 * the metadata that it changes: whoever flushes an append meanwhile waits for that, and for a few large steps less than for
 * many small ones.
 */
const MIN_STEP_BYTES = ZERO_PIECE_BYTES
const MAX_STEP_BYTES = 1024 * 1024
/** A step ends where a page of the file system does: none is written as zeros and flushed twice. */
const PAGE_BYTES = 4096
/**
 * Appends that are larger than this, in bytes, extend the file themselves: beside their own bytes the metadata is little,
 * and zeros would double what the device gets.
 */
const LARGE_APPEND_BYTES = 32 * 1024
/** What an append counts for in the usual size of them. */
const NEWEST_PART = 1 / 4
/** The next segment is begun when the active one is so full ... */
const BEGIN_NEXT_AT = 0.5
/**
 * ... and prepared at this pace: bytes of zeros per byte appended, so that it is ready in time. A log that is opened with its
 * last segment nearly full has no time: what is not ready goes on beside the segment after that.
 */
const PACE = 3
const DRAFT_NAME = `spare${UNPUBLISHED_SUFFIX}`

/** What preparing works on. */
export interface PreparationParts {
  readonly files: SegmentFiles
  readonly spares: SpareSegments
  readonly segmentBytes: number
  /** Flushes the active segment, in its turn. A failure is one of the log too: nobody's bytes are proven any more. */
  readonly flush: () => Promise<void>
}

/**
 * Writes zeros ahead of the log and flushes them, in the background: behind the end of the active segment in steps, and,
 * once that is half full and no spare is there, a whole next segment. So the flush that acknowledges an append has the
 * bytes of that to write, and neither zeros nor metadata. The work follows the appends that such a flush is waited for: a
 * log that nobody writes to prepares nothing, nor does one whose writes need only outlive the process, and a small one owns
 * little more than it holds.
 *
 * A device that gives no room refuses nobody but this: the next append extends the file itself, and is told then.
 */
export class Preparation {
  readonly #parts: PreparationParts
  #running: Promise<void> | undefined
  /** Zeros are being written into the active segment from this offset on. */
  #zeroingFrom = Infinity
  #usualBytes = 0
  #draft: { readonly file: SegmentFile; bytes: number } | undefined
  /** So many bytes of the next segment may be there by now. */
  #nextBytes = 0
  /** Nothing more is prepared while this one is the active segment. */
  #refusedIn: Segment | undefined

  constructor(parts: PreparationParts) {
    this.#parts = parts
  }

  /** So many bytes, whose flush is waited for, were appended to the active segment. Returns at once. */
  advance(active: Segment, bytes: number): void {
    this.#usualBytes =
      this.#usualBytes === 0 ? bytes : this.#usualBytes + (bytes - this.#usualBytes) * NEWEST_PART
    if (this.#refusedIn === active || this.#usualBytes > LARGE_APPEND_BYTES) return
    const wantsNext = this.#wantsNext(active)
    if (wantsNext) this.#nextBytes += bytes * PACE
    const work = this.#running ? undefined : this.#due(active, wantsNext)
    if (!work) return
    this.#running = work()
      .catch((cause: unknown) => this.#refuse(active, cause))
      .finally(() => {
        this.#running = undefined
        this.#zeroingFrom = Infinity
      })
  }

  /** A flush writes whole folios of the page cache: those of the zeros are to be no larger than what is usually appended. */
  get #pieceBytes(): number {
    const folioBytes = 2 ** Math.ceil(Math.log2(this.#usualBytes))
    return Math.min(Math.max(folioBytes, PAGE_BYTES), ZERO_PIECE_BYTES)
  }

  /** Zeros are being written into the active segment somewhere below `offset`. */
  isBelow(offset: number): boolean {
    return offset > this.#zeroingFrom
  }

  /** Resolves when nothing is being written: a step is the most that is waited for. */
  async pause(): Promise<void> {
    await this.#running
  }

  /** Resolves when nothing is under way; what is half done goes. */
  async stop(): Promise<void> {
    await this.pause()
    await this.#dropDraft()
  }

  #wantsNext(active: Segment): boolean {
    const { segmentBytes, spares } = this.#parts
    return active.end >= segmentBytes * BEGIN_NEXT_AT && spares.count === 0 && spares.hasRoom
  }

  #due(active: Segment, wantsNext: boolean): (() => Promise<void>) | undefined {
    const { segmentBytes } = this.#parts
    const { size } = active.file
    const step = Math.min(Math.max(size / 4, MIN_STEP_BYTES), MAX_STEP_BYTES)
    if (size < segmentBytes && active.end + step / 2 >= size) {
      return () => this.#extend(active, Math.min(roundUp(size + step, PAGE_BYTES), segmentBytes))
    }
    if (!wantsNext) return undefined
    const to = Math.min((this.#draft?.bytes ?? 0) + MAX_STEP_BYTES, segmentBytes)
    return this.#nextBytes + MIN_STEP_BYTES >= to ? () => this.#prepareNext(to) : undefined
  }

  async #extend({ file }: Segment, to: number): Promise<void> {
    this.#zeroingFrom = file.size
    await writeZeros(file, file.size, to, this.#pieceBytes)
    this.#zeroingFrom = file.size
    await this.#parts.flush()
  }

  async #prepareNext(to: number): Promise<void> {
    const { files, spares, segmentBytes } = this.#parts
    this.#draft ??= { file: await files.create(DRAFT_NAME), bytes: 0 }
    const { file, bytes } = this.#draft
    await writeZeros(file, bytes, to, this.#pieceBytes)
    await file.flush()
    this.#draft.bytes = to
    if (to < segmentBytes) return
    this.#draft = undefined
    this.#nextBytes = 0
    await file.close()
    await spares.add(DRAFT_NAME)
  }

  /** What was taken for the next segment is given back, so that the log itself may have it. */
  async #refuse(active: Segment, cause: unknown): Promise<void> {
    this.#refusedIn = active
    // On a device that refuses this too, the next open removes it.
    await this.#dropDraft().catch(() => undefined)
    if (!(cause instanceof Error && 'code' in cause)) throw cause
  }

  async #dropDraft(): Promise<void> {
    const draft = this.#draft
    if (!draft) return
    this.#draft = undefined
    this.#nextBytes = 0
    await draft.file.close()
    await this.#parts.files.remove(DRAFT_NAME)
  }
}
