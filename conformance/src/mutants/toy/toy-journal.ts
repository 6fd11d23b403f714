import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncDirectory } from '@persistent-log/core/backend'
import type { ToyDefect } from './toy-defects.js'
import { ToyFile } from './toy-file.js'
import {
  encodeHeader,
  encodeLine,
  slotsOf,
  type FoundFile,
  type ToyHeader,
  type ToyLine,
} from './toy-records.js'

/** The file that a toy log appends to. */
export class ToyJournal {
  readonly #file: ToyFile
  readonly #header: ToyHeader
  readonly #defect: ToyDefect | undefined
  #end: number
  #lines: number
  #flushedLines: number
  #last: Pick<ToyLine, 'effects' | 'lost'> = { effects: [] }
  bytesWritten = 0

  private constructor(
    file: ToyFile,
    header: ToyHeader,
    at: { readonly end: number; readonly lines: number },
    defect: ToyDefect | undefined,
  ) {
    this.#file = file
    this.#header = header
    this.#end = at.end
    this.#lines = at.lines
    this.#flushedLines = at.lines
    this.#defect = defect
  }

  /**
   * A new file with this content, in the place of the old one: what was behind a torn line never comes back, and
   * nothing is believed that only the page cache may hold.
   */
  static async publish(
    file: string,
    logId: string,
    content: Pick<ToyLine, 'effects' | 'lost' | 'votesLost'>,
    defect: ToyDefect | undefined,
  ): Promise<ToyJournal> {
    const header = { logId, salt: randomBytes(8).toString('hex') }
    const temporary = defect === 'recoveryNotAtomic' ? file : `${file}.new`
    const handle = await open(temporary, 'w+')
    try {
      const journal = new ToyJournal(new ToyFile(handle, defect), header, { end: 0, lines: 0 }, defect)
      await journal.#write(encodeHeader(header))
      // What is in the file before it has its name is flushed: the second line proves the first.
      const { effects } = content
      const pieces =
        defect === 'recoveryNotAtomic' ? effects.map((effect) => ({ effects: [effect] })) : [content]
      for (const piece of pieces) {
        await journal.append(piece)
        if (defect === 'recoveryNotAtomic') await journal.flush()
      }
      if (defect !== 'renameBeforeFlush') await journal.flush()
      await journal.append({ effects: [] })
      if (temporary === file) return journal
      if (defect === 'oldFileRemovedFirst') {
        await rm(file, { force: true })
        await syncDirectory(dirname(file))
      }
      if (defect !== 'renameBeforeFlush') await journal.flush()
      await rename(temporary, file)
      if (defect !== 'noDirectoryFlush') await syncDirectory(dirname(file))
      if (defect === 'renameBeforeFlush') journal.#flushedLines = journal.#lines
      return journal
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Goes on in the file as it is: only the defects do so. */
  static async goOn(file: string, found: FoundFile, defect: ToyDefect | undefined): Promise<ToyJournal> {
    const handle = await open(file, 'r+')
    return new ToyJournal(
      new ToyFile(handle, defect),
      found.header,
      { end: found.goodBytes, lines: found.lines.length },
      defect,
    )
  }

  async append(content: Omit<ToyLine, 'flushed' | 'before'>): Promise<void> {
    const line = { ...content, flushed: this.#flushedLines, before: slotsOf(this.#last) }
    await this.#write(encodeLine(line, this.#lines, this.#header, this.#defect))
    this.#last = content
    this.#lines++
  }

  async flush(): Promise<void> {
    const lines = this.#lines
    await this.#file.flush()
    this.#flushedLines = lines
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async #write(bytes: Buffer): Promise<void> {
    await this.#file.write(bytes, this.#end)
    this.#end += bytes.byteLength
    this.bytesWritten += bytes.byteLength
  }
}
