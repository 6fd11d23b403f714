import { AsyncLocalStorage } from 'node:async_hooks'
import { reasonOf } from './reason.js'

/** What a case has left behind that had ended already. */
export interface LateStray {
  readonly case: string
  readonly error: Error
}

interface Stray {
  readonly reason: unknown
  /** The case in whose course the promise was made; absent where a native module made it. */
  readonly case: string | undefined
}

/**
 * Notes promises that failed and that nobody looked at: a log that leaves such behind ends its user's process. Node.js tells
 * of them in the context that they were made in, and so it is known which case they are of, however late they fail.
 */
export class StrayRejections {
  readonly #running = new AsyncLocalStorage<string>()
  #strays: Stray[] = []
  /** Mocha tells of each of them twice. */
  readonly #known = new WeakSet<Promise<unknown>>()
  readonly #note = (reason: unknown, promise: Promise<unknown>): void => {
    if (this.#known.has(promise)) return
    this.#known.add(promise)
    this.#strays.push({ reason, case: this.#running.getStore() })
  }

  constructor() {
    process.on('unhandledRejection', this.#note)
  }

  /** Runs a case: what it leaves behind is known by its id. */
  during<T>(id: string, run: () => Promise<T>): Promise<T> {
    return this.#running.run(id, run)
  }

  /**
   * Throws the first one of this case since the last call. What nobody is known to have made is its too. Node.js tells of
   * them after a turn of the event loop.
   */
  async check(id: string): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    const own = this.#strays.filter((stray) => (stray.case ?? id) === id)
    this.#strays = this.#strays.filter((stray) => !own.includes(stray))
    if (own.length > 0) throw strayError(own)
  }

  /** Takes what is left: it is of cases that ended before. */
  late(): readonly LateStray[] {
    const ids = new Set(this.#strays.flatMap((stray) => stray.case ?? []))
    const found = [...ids].map((id) => ({
      case: id,
      error: strayError(this.#strays.filter((stray) => stray.case === id)),
    }))
    this.#strays = []
    return found
  }

  stop(): void {
    process.off('unhandledRejection', this.#note)
  }
}

function strayError(strays: readonly Stray[]): Error {
  const [first] = strays
  const cause = first?.reason
  const shown = reasonOf(cause)
  return new Error(`${strays.length} promise(s) failed and nobody was told; the first: ${shown}`, { cause })
}
