/**
 * Rejects after a time if a promise has not settled by then. The promise itself goes on. One at a time, with one timer for
 * all: to set and clear one for each write would cost as much as twenty of its records.
 */
export class Deadline {
  readonly #limitMs: number
  readonly #what: string
  #timer: NodeJS.Timeout | undefined
  #onLate: (() => void) | undefined

  constructor(limitMs: number, what: string) {
    this.#limitMs = limitMs
    this.#what = what
  }

  async within<T>(promise: Promise<T>): Promise<T> {
    const late = new Promise<never>((_, reject) => {
      this.#onLate = () => reject(new Error(`${this.#what} was not answered within ${this.#limitMs} ms`))
    })
    this.#start()
    try {
      return await Promise.race([promise, late])
    } finally {
      this.#onLate = undefined
      // It runs out for nobody, and keeps no process alive.
      this.#timer?.unref()
    }
  }

  /** Nothing is waited for any more. */
  end(): void {
    clearTimeout(this.#timer)
  }

  #start(): void {
    if (this.#timer) this.#timer.refresh().ref()
    else this.#timer = setTimeout(() => this.#onLate?.(), this.#limitMs)
  }
}
