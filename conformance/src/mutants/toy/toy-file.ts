import type { FileHandle } from 'node:fs/promises'
import { writeAll } from '@persistent-log/core/backend'
import type { ToyDefect } from './toy-defects.js'

/** The one file of a toy log, and the ways in which it can lie about what reached the disk. */
export class ToyFile {
  readonly #handle: FileHandle
  readonly #defect: ToyDefect | undefined

  constructor(handle: FileHandle, defect: ToyDefect | undefined) {
    this.#handle = handle
    this.#defect = defect
  }

  /** Hands bytes to the operating system. */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    try {
      if (this.#defect === 'shortWriteIgnored') {
        await this.#handle.write(bytes, 0, bytes.byteLength, position)
      } else await writeAll(this.#handle, bytes, position)
    } catch (error) {
      if (this.#defect === 'writeErrorIgnored') return
      if (this.#defect === 'hangsAfterError') await new Promise(() => undefined)
      // It would end the kit itself: it acts in the processes that it forks.
      if (this.#defect === 'diesOfErrors' && process.send !== undefined) process.abort()
      throw error
    }
  }

  /** Makes what was written durable. */
  async flush(): Promise<void> {
    if (this.#defect === 'neverFlushes') return
    const flushed = this.#handle.datasync()
    if (this.#defect === 'flushesLate') return void flushed.catch(() => undefined)
    try {
      await flushed
    } catch (error) {
      if (this.#defect === 'flushErrorIgnored') return
      if (this.#defect !== 'flushRetried') throw error
      await this.#handle.datasync()
    }
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}
