import type { FlushPace } from '../../contract/persistent-log.js'
import { survivesAtLeast, type Survival } from '../../contract/survival.js'

/**
 * Flushes what was acknowledged below the strongest survival, so often as the user asked. Writes at the strongest one
 * never wait for it: they have their own flush, which need not cover the weaker ones before it.
 */
export class FlushPacer {
  readonly #everyMs: number | undefined
  readonly #everyBytes: number
  readonly #paces: boolean
  readonly #strongest: Survival
  readonly #flush: () => void
  #unflushedBytes = 0
  #timer: NodeJS.Timeout | undefined

  constructor(pace: FlushPace, strongest: Survival, flush: () => void) {
    this.#everyMs = pace === 'manual' ? undefined : pace.everyMs
    this.#everyBytes = (pace === 'manual' ? undefined : pace.everyBytes) ?? Infinity
    this.#paces = pace !== 'manual'
    this.#strongest = strongest
    this.#flush = flush
  }

  /**
   * Hears of every write as it is taken over: of the bytes of its values and proofs; `undefined` when it wrote nothing,
   * which at the strongest survival is a flush of everything before.
   */
  wrote(bytes: number | undefined, survives: Survival): void {
    if (!this.#paces) return
    const isStrong = survivesAtLeast(survives, this.#strongest)
    if (bytes === undefined && isStrong) return this.stop()
    if (bytes === undefined || isStrong) return
    this.#unflushedBytes += bytes
    if (this.#unflushedBytes >= this.#everyBytes) {
      this.stop()
      this.#flush()
    } else if (this.#everyMs !== undefined) {
      // A process that has nothing else to do may end: it closes the log, or asked for no more than its own life.
      this.#timer ??= setTimeout(this.#flush, this.#everyMs).unref()
    }
  }

  /** Everything is covered, or nothing more is to be flushed: the count starts anew with the next weaker write. */
  stop(): void {
    if (this.#unflushedBytes === 0 && !this.#timer) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#unflushedBytes = 0
  }
}
