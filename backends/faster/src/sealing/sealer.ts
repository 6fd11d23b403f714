import { setImmediate as nextTurn } from 'node:timers/promises'
import { raise } from '@persistent-log/core/backend'
import type { Compressor } from './compressor.js'
import type { Replay } from '../recovery/replay.js'
import type { SlotTable } from '../regions/slot-table.js'
import { rewrite } from '../segments/rewriting.js'
import type { Segment } from '../segments/segment.js'
import type { SegmentFiles } from '../segments/segment-files.js'
import type { Tail } from '../segments/tail.js'
import { inTurns, type Steps } from '../turns.js'
import { checkNumbers, FOOTER_HEADER_BYTES, readFooterHead, writeFooter } from './footer.js'
import { SealedIndex } from './sealed-index.js'
import { SegmentDigest } from './segment-digest.js'

/** Read in one step, in bytes: before it is compiled, so much takes a turn of the event loop. */
const STEP_BYTES = 64 * 1024

/** The file that says that the log was closed without a footer at its end; otherwise a missing footer is a missing end. */
export const UNSEALED_NAME = 'unsealed'

/** What sealing works on. */
export interface SealerParts {
  readonly files: SegmentFiles
  readonly tail: Tail
  readonly table: SlotTable
  readonly compressor: Compressor
  /** Stands at the end of the last sealed segment; `undefined` where damage is in the log: then nothing is sealed. */
  readonly replay: Replay | undefined
  /** One that has seen nothing yet. */
  readonly newReplay: () => Replay
  /** The number of the first segment that is not sealed. */
  readonly from: number
  /** The newest footer, where the session that wrote it may have ended before it was flushed. */
  readonly unproven?: SealedIndex | undefined
}

/**
 * Seals segments in the background, oldest first: each gets a footer, and its slots leave the memory. A footer changes
 * nothing that the log says, so that a device without room for it refuses nobody: sealing ends, and the next open scans.
 */
export class Sealer {
  readonly #parts: SealerParts
  #next: number
  /** Everything in segments below this number is flushed, and shown. */
  #settled = 0
  #running: Promise<void> | undefined
  /** Somebody waits until nothing runs. */
  #isWanted = false
  #replay: Replay | undefined
  #isOff: boolean
  #isOldAway = false
  #unproven: SealedIndex | undefined
  #onBroken = (cause: unknown): void => {
    throw cause
  }

  constructor(parts: SealerParts) {
    this.#parts = parts
    this.#next = parts.from
    this.#replay = parts.replay
    this.#unproven = parts.unproven
    this.#isOff = parts.replay === undefined
  }

  /** Is told of what neither a device nor rot explains; sealing has ended then. */
  whenBroken(listener: (cause: unknown) => void): void {
    this.#onBroken = listener
  }

  /** Writes in segments below this number are flushed and shown. Returns at once. */
  settledBelow(number: number): void {
    if (number <= this.#settled) return
    this.#settled = number
    this.#start()
  }

  /** Resolves when nothing is being sealed. */
  async idle(): Promise<void> {
    await this.#running
  }

  /** Runs while nothing is being sealed, and nothing is sealed while it runs. */
  async hold(body: () => Promise<void>): Promise<void> {
    while (this.#running) {
      this.#isWanted = true
      await this.#running
    }
    const held = body()
    this.#running = held
    this.#isWanted = false
    try {
      await held
    } finally {
      this.#running = undefined
      this.#start()
    }
  }

  /**
   * Segments below this number were retired. What was in one that is not sealed nobody has read: a discard in it, say,
   * of what a segment before it had said. With it everything before is gone, and what is left says all that holds, as it
   * does after a crash: sealing begins anew there. To be called while nothing is being sealed.
   */
  retiredBelow(number: number): void {
    if (number <= this.#next) return
    this.#next = number
    if (this.#replay) this.#replay = this.#parts.newReplay()
  }

  /** The log is closed, flushed and cut: seals what is left, so that the next open reads footers only. */
  async finish(): Promise<void> {
    await this.idle()
    const { files, tail } = this.#parts
    const { number } = tail.active.header
    this.settledBelow(number + 1)
    await this.idle()
    if (this.#next > number) return this.#nothingUnsealed()
    const file = await files.create(UNSEALED_NAME)
    await file.close()
    await files.syncDirectory()
  }

  /** Durably: a note that comes back after a power cut would excuse a footer that is missing then. */
  async #nothingUnsealed(): Promise<void> {
    const { files } = this.#parts
    if (!(await files.list()).includes(UNSEALED_NAME)) return
    await files.remove(UNSEALED_NAME)
    await files.syncDirectory()
  }

  #start(): void {
    if (this.#isOff || this.#running || this.#settled <= this.#next) return
    this.#running = this.#run().finally(() => (this.#running = undefined))
  }

  /** What is sealed by then is compressed, where that is asked for, while there is nothing to seal. */
  async #run(): Promise<void> {
    const mayCompress = (): boolean => !this.#isWanted && this.#due() === undefined
    try {
      do {
        await this.#sealAll()
        await this.#parts.compressor.run(mayCompress)
      } while (this.#due() && !this.#isWanted)
    } catch (cause) {
      this.#isOff = true
      if (!(cause instanceof Error && 'code' in cause)) this.#onBroken(cause)
    }
  }

  async #sealAll(): Promise<void> {
    for (let isDue = this.#due() !== undefined; isDue; isDue = this.#due() !== undefined) {
      await this.#proveLast()
      await this.#takeOldAway()
      // What was due before may be in another file by now.
      const segment = this.#due()
      if (!segment) return
      await this.#seal(segment)
      this.#next = segment.header.number + 1
    }
  }

  #due(): Segment | undefined {
    const isDue = ({ header }: Segment): boolean =>
      header.number >= this.#next && header.number < this.#settled
    return this.#parts.tail.segments.find(isDue)
  }

  /**
   * Before a footer there is none missing: what the page cache alone may hold of the newest one is written and flushed
   * once more. That is its head, since everything else of a footer is flushed before.
   */
  async #proveLast(): Promise<void> {
    if (!this.#unproven) return
    const { segment, head } = this.#unproven
    // Its file may be another segment by now; where the newest footer is retired, all are.
    if (!this.#parts.tail.segments.includes(segment)) return
    await rewrite(segment, head.end, head.end + FOOTER_HEADER_BYTES)
    this.#unproven = undefined
  }

  /**
   * Footers that the open did not use are made anew, and may come out otherwise than before. The newest goes first: before
   * a footer there is none missing, and no head of an old one stands before the rest of a new one. What is compressed
   * cannot be sealed as it is.
   */
  async #takeOldAway(): Promise<void> {
    if (this.#isOldAway) return
    const { compressor, tail } = this.#parts
    const { segments, active } = tail
    for (const segment of segments.toReversed()) {
      if (segment === active || segment.header.number < this.#next) continue
      if (segment.file.isCompressed) await compressor.restore(segment)
      else if (readFooterHead(segment, segment.end)) await takeHeadAway(segment)
    }
    this.#isOldAway = true
  }

  async #seal(segment: Segment): Promise<void> {
    const { tail, table } = this.#parts
    const replay = this.#replay
    if (!replay) return
    const firstBase = tail.segments[0]?.header.base ?? 0
    const digest = new SegmentDigest(segment, replay, firstBase)
    await inTurns(stepsOf(digest))
    await nextTurn()
    const content = await inTurns(digest.finish(replay))
    await writeFooter(segment, content)
    const head = readFooterHead(segment, segment.end)
    if (!head) throw raise.corrupted(`the footer of engine/${segment.name} does not read back`)
    segment.writtenSlots = head.writtenSlots
    const isIntact = await inTurns(checkNumbers(segment, head))
    const index = new SealedIndex(segment, head, isIntact ? 'verified' : 'stored')
    table.addSealed(index)
    await inTurns(table.forgetSealed(digest.index.pages()))
  }
}

function* stepsOf(digest: SegmentDigest): Steps<void> {
  while (digest.step(STEP_BYTES)) yield
}

async function takeHeadAway({ file, end }: Segment): Promise<void> {
  await file.write(Buffer.alloc(FOOTER_HEADER_BYTES), end)
  await file.flush()
}
