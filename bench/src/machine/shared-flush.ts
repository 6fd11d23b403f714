import type { RecycledFile } from './recycled-file.js'

/**
 * Callers who share flushes through the thread pool, and nothing else: no log, no check, no copy. A log that is driven by
 * the same loop and flushes in the same way has more to do; one that flushed otherwise could pass them.
 */
export class SharedFlush {
  readonly #file: RecycledFile
  readonly #entryBytes: number
  #callers = 0
  /** The flush that whoever asks now shares. */
  #next: Promise<void> | undefined
  #last: Promise<void> = Promise.resolve()

  constructor(file: RecycledFile, entryBytes: number) {
    this.#file = file
    this.#entryBytes = entryBytes
  }

  /** Writes an entry; resolves when a flush that began after the call has ended. */
  write(): Promise<void> {
    this.#callers++
    this.#next ??= this.#flushBehind(this.#last)
    return this.#next
  }

  async #flushBehind(last: Promise<void>): Promise<void> {
    await last
    const group = new Uint8Array(this.#entryBytes * this.#callers)
    this.#callers = 0
    this.#last = this.#next ?? last
    this.#next = undefined
    await this.#file.write(group)
  }
}
