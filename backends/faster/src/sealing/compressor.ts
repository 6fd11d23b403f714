import { raise } from '@persistent-log/core/backend'
import { segmentFileIn } from '../compression/compressed-file.js'
import { writeCompressed } from '../compression/write-compressed.js'
import type { SlotTable } from '../regions/slot-table.js'
import { copyRange } from '../segments/rewriting.js'
import { Segment, UNPUBLISHED_SUFFIX } from '../segments/segment.js'
import type { SegmentFile, SegmentFiles } from '../segments/segment-files.js'
import type { Tail } from '../segments/tail.js'
import { inTurns } from '../turns.js'
import { checkNumbers } from './footer.js'
import { SealedIndex } from './sealed-index.js'

/** What compressing works on. */
export interface CompressorParts {
  readonly files: SegmentFiles
  readonly tail: Tail
  readonly table: SlotTable
  /** What is sealed shall be compressed; otherwise what is compressed stays so. */
  readonly isOn: boolean
}

/**
 * Puts compressed segments in the place of sealed ones. Such a segment is read as before, from another file: that is
 * written and flushed whole before it gets the name, so that a crash leaves the one or the other. The active segment stays
 * as it is, and so does one that would shrink little.
 */
export class Compressor {
  readonly #parts: CompressorParts
  /** Numbers of segments that stay as they are. */
  readonly #kept = new Set<number>()
  #isStopped: boolean
  #onReplaced = (): void => undefined

  constructor(parts: CompressorParts) {
    this.#parts = parts
    this.#isStopped = !parts.isOn
  }

  /** Is told when the bytes of a segment are in another file: views of the old one are gone. */
  whenReplaced(listener: () => void): void {
    this.#onReplaced = listener
  }

  /** For good; a copy that is being made is given up. */
  stop(): void {
    this.#isStopped = true
  }

  /**
   * Compresses what is sealed, one after the other, as long as `goesOn` says so. A device that has no room for a copy
   * refuses nobody: this ends, and everything stays as it is.
   */
  async run(goesOn: () => boolean): Promise<void> {
    try {
      for (let index = this.#due(); index && goesOn(); index = this.#due()) await this.#compress(index)
    } catch (cause) {
      this.stop()
      if (!(cause instanceof Error && 'code' in cause)) throw cause
    }
  }

  /** Puts the groups of a compressed segment, and nothing behind them, in its place: it is going to be sealed anew. */
  async restore(segment: Segment): Promise<void> {
    const copy = async (to: SegmentFile): Promise<SegmentFile> => {
      await copyRange(segment.file, to, 0, segment.end)
      return to
    }
    await this.#replace(segment, copy, () => Promise.resolve(undefined))
  }

  #due(): SealedIndex | undefined {
    if (this.#isStopped) return undefined
    const { table, tail } = this.#parts
    return table.sealed.find(({ segment, isOnDisk }) => {
      const { file, header } = segment
      return isOnDisk && !file.isCompressed && segment !== tail.active && !this.#kept.has(header.number)
    })
  }

  async #compress({ segment, head }: SealedIndex): Promise<void> {
    const compress = async (to: SegmentFile): Promise<SegmentFile | undefined> => {
      const isWritten = await writeCompressed(segment.file, to, () => !this.#isStopped)
      if (!isWritten) return undefined
      const file = segmentFileIn(to, segment.name)
      if (file.isCompressed) return file
      throw raise.corrupted('a compressed segment does not read back', { file: `engine/${segment.name}` })
    }
    const indexOf = async (by: Segment): Promise<SealedIndex> =>
      new SealedIndex(by, head, (await inTurns(checkNumbers(by, head))) ? 'verified' : 'stored')
    const isReplaced = await this.#replace(segment, compress, indexOf)
    if (!isReplaced && !this.#isStopped) this.#kept.add(segment.header.number)
  }

  /**
   * What `write` makes of a new file, and has flushed, takes the place of the segment: the rename is the commit point. False
   * where it makes nothing.
   */
  async #replace(
    segment: Segment,
    write: (to: SegmentFile) => Promise<SegmentFile | undefined>,
    indexOf: (by: Segment) => Promise<SealedIndex | undefined>,
  ): Promise<boolean> {
    const { files, tail, table } = this.#parts
    const draftName = segment.name + UNPUBLISHED_SUFFIX
    const draft = await files.create(draftName)
    let isPublished = false
    try {
      const file = await write(draft)
      if (!file) return false
      const by = new Segment(segment.header, file, segment.end)
      by.unreadBelow = segment.unreadBelow
      by.writtenSlots = segment.writtenSlots
      const index = await indexOf(by)
      await files.rename(draftName, segment.name)
      isPublished = true
      tail.replace(segment, by)
      if (index) table.replaceSealed(index)
      this.#onReplaced()
    } finally {
      if (!isPublished) {
        await draft.close()
        await files.remove(draftName)
      }
    }
    try {
      await files.syncDirectory()
    } finally {
      await segment.file.close()
    }
    return true
  }
}
