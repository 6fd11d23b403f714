/** Notes promises that failed and that nobody looked at: a log that leaves such behind ends its user's process. */
export class StrayRejections {
  #reasons: unknown[] = []
  readonly #note = (reason: unknown): void => void this.#reasons.push(reason)

  constructor() {
    process.on('unhandledRejection', this.#note)
  }

  /** Throws the first one since the last call. Node.js tells of them after a turn of the event loop. */
  async check(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    const [reason] = this.#reasons
    const count = this.#reasons.length
    this.#reasons = []
    if (count === 0) return
    const shown = reason instanceof Error ? reason.message : String(reason)
    throw new Error(`${count} promise(s) failed and nobody was told; the first: ${shown}`, { cause: reason })
  }

  stop(): void {
    process.off('unhandledRejection', this.#note)
  }
}
