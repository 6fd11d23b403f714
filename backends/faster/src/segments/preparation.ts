import { UNPUBLISHED_SUFFIX, type Segment } from './segment.js'
import type { SegmentFile, SegmentFiles } from './segment-files.js'
import type { SpareSegments } from './spare-segments.js'
import { writeZeros, ZERO_PIECE_BYTES } from './zeros.js'

/** The active segment is extended by a quarter of what it holds, within these bounds, in bytes. */
const MIN_STEP_BYTES = ZERO_PIECE_BYTES
const MAX_STEP_BYTES = 1024 * 1024
/** The next segment is begun when the active one is so full ... */
const BEGIN_NEXT_AT = 0.5
/** ... and prepared at this pace: bytes of zeros per byte appended, so that it is ready in time. */
const PACE = 3
const DRAFT_NAME = `spare${UNPUBLISHED_SUFFIX}`

/** What preparing works on. */
export interface PreparationParts {
  readonly files: SegmentFiles
  readonly spares: SpareSegments
  readonly segmentBytes: number
}

/**
 * Writes zeros ahead of the log, in the background: behind the end of the active segment in steps, and, once that is
 * half full and no spare is there, a whole next segment. The work follows the appends: a log that nobody writes to
 * prepares nothing, and a small one owns little more than it holds.
 *
 * A device that gives no room refuses nobody but this: the next append extends the file itself, and is told then.
 */
export class Preparation {
  readonly #parts: PreparationParts
  #running: Promise<void> | undefined
  /** Zeros are being written into the active segment from this offset on. */
  #zeroingFrom = Infinity
  #draft: { readonly file: SegmentFile; bytes: number } | undefined
  /** Nothing more is prepared while this one is the active segment. */
  #refusedIn: Segment | undefined

  constructor(parts: PreparationParts) {
    this.#parts = parts
  }

  /** The active segment has grown, or has begun. Returns at once. */
  advance(active: Segment): void {
    if (this.#running || this.#refusedIn === active) return
    const work = this.#due(active)
    if (!work) return
    this.#running = work()
      .catch((cause: unknown) => this.#refuse(active, cause))
      .finally(() => {
        this.#running = undefined
        this.#zeroingFrom = Infinity
      })
  }

  /** Zeros are being written into the active segment somewhere below `offset`. */
  isBelow(offset: number): boolean {
    return offset > this.#zeroingFrom
  }

  /** Resolves when nothing is being written. */
  async pause(): Promise<void> {
    await this.#running
  }

  /** Resolves when nothing is under way; what is half done goes. */
  async stop(): Promise<void> {
    await this.pause()
    await this.#dropDraft()
  }

  #due(active: Segment): (() => Promise<void>) | undefined {
    const { segmentBytes, spares } = this.#parts
    const { size } = active.file
    const step = Math.min(Math.max(size / 4, MIN_STEP_BYTES), MAX_STEP_BYTES)
    if (size < segmentBytes && active.end + step / 2 >= size) {
      return () => this.#extend(active.file, Math.min(size + step, segmentBytes))
    }
    const surplus = active.end - segmentBytes * BEGIN_NEXT_AT
    if (surplus < 0 || spares.count > 0 || !spares.hasRoom) return undefined
    const wanted = Math.min(surplus * PACE + MIN_STEP_BYTES, segmentBytes)
    return wanted > (this.#draft?.bytes ?? 0) ? () => this.#prepareNext(wanted) : undefined
  }

  async #extend(file: SegmentFile, to: number): Promise<void> {
    this.#zeroingFrom = file.size
    await writeZeros(file, file.size, Math.ceil(to))
  }

  async #prepareNext(wanted: number): Promise<void> {
    const { files, spares, segmentBytes } = this.#parts
    const to = Math.ceil(wanted)
    this.#draft ??= { file: await files.create(DRAFT_NAME), bytes: 0 }
    const { file, bytes } = this.#draft
    await writeZeros(file, bytes, to)
    this.#draft.bytes = to
    if (to < segmentBytes) return
    await file.flush()
    this.#draft = undefined
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
    await draft.file.close()
    await this.#parts.files.remove(DRAFT_NAME)
  }
}
