import type { SegmentFile, SegmentFiles } from './segment-files.js'

const NAME = /^spare-(\d{10})\.log$/

const spareName = (number: number): string => `spare-${String(number).padStart(10, '0')}.log`

/** A file that waits to become a segment. */
export interface Spare {
  readonly name: string
  readonly file: SegmentFile
  /** It may hold what an earlier segment held; otherwise zeros. */
  readonly isRecycled: boolean
}

/** What spares are for, and how many of them are kept. */
export interface SpareParts {
  readonly files: SegmentFiles
  readonly segmentBytes: number
  /** 0: none is prepared and none is kept. */
  readonly limit: number
}

/**
 * Files whose blocks are written already: a segment that begins in one is appended to without any change of the file
 * system's own data. They are prepared ahead, or were segments that compaction has retired. What stands in them is
 * nobody's: a segment has a salt of its own, under which no older byte passes.
 */
export class SpareSegments {
  /** Asked when a retired segment was let go: somebody else may still look at it. Then its file goes. */
  mayReuse: () => boolean = () => true
  readonly #parts: SpareParts
  readonly #waiting: { readonly name: string; readonly isRecycled: boolean }[] = []
  #nextNumber = 1
  /** Retired segments that somebody still holds. */
  #leaving = 0

  constructor(parts: SpareParts) {
    this.#parts = parts
  }

  get count(): number {
    return this.#waiting.length + this.#leaving
  }

  get hasRoom(): boolean {
    return this.count < this.#parts.limit
  }

  /** Takes over what the last session left; what is too many, or of another size, goes. */
  async adopt(names: readonly string[]): Promise<void> {
    const { files } = this.#parts
    for (const name of names) {
      const number = NAME.exec(name)?.[1]
      if (number === undefined) continue
      this.#nextNumber = Math.max(this.#nextNumber, Number(number) + 1)
      const file = await files.open(name)
      const fits = this.fits(file)
      await file.close()
      if (fits && this.hasRoom) this.#waiting.push({ name, isRecycled: true })
      else await files.remove(name)
    }
  }

  /** Neither so small that a segment would soon outgrow it, nor so large that it is a waste. */
  fits({ size, isCompressed }: SegmentFile): boolean {
    const { segmentBytes } = this.#parts
    return !isCompressed && size >= segmentBytes / 2 && size <= segmentBytes * 2
  }

  /** The file `from`, which holds zeros only, becomes a spare. */
  async add(from: string): Promise<void> {
    this.#waiting.push({ name: await this.#rename(from), isRecycled: false })
  }

  /**
   * The retired segment `from` becomes a spare. Nobody writes into it before `letGo` has made it durable that its old name
   * is gone, and nobody reads it any more.
   */
  async recycle(from: string, letGo: () => Promise<void>): Promise<void> {
    this.#leaving++
    try {
      const name = await this.#rename(from)
      await letGo()
      if (this.mayReuse()) this.#waiting.push({ name, isRecycled: true })
      else await this.#parts.files.remove(name)
    } finally {
      this.#leaving--
    }
  }

  /** One to begin a segment in; it stays a spare until it is renamed. */
  async take(): Promise<Spare | undefined> {
    const next = this.#waiting.shift()
    return next && { ...next, file: await this.#parts.files.open(next.name) }
  }

  /** Durable after a sync of the directory. */
  async #rename(from: string): Promise<string> {
    const name = spareName(this.#nextNumber++)
    await this.#parts.files.rename(from, name)
    return name
  }
}
