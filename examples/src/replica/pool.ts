/** Runs tasks, at most `size` at a time. The first failure is thrown by the next call. */
export class Pool {
  readonly #size: number
  #running = 0
  #waiting: (() => void) | undefined
  #failure: { readonly cause: unknown } | undefined

  constructor(size: number) {
    this.#size = size
  }

  /** Starts a task as soon as there is room for it. One call at a time. */
  async start(task: () => Promise<void>): Promise<void> {
    while (this.#running >= this.#size) await this.#oneEnds()
    if (this.#failure) throw this.#failure.cause
    this.#running++
    void this.#run(task)
  }

  /** Resolves when every task has ended. */
  async drain(): Promise<void> {
    while (this.#running > 0) await this.#oneEnds()
    if (this.#failure) throw this.#failure.cause
  }

  async #run(task: () => Promise<void>): Promise<void> {
    try {
      await task()
    } catch (cause) {
      this.#failure ??= { cause }
    }
    this.#running--
    this.#waiting?.()
    this.#waiting = undefined
  }

  #oneEnds(): Promise<void> {
    return new Promise((resolve) => (this.#waiting = resolve))
  }
}
