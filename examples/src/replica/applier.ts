import { recover, type PersistentLog } from '@persistent-log/core'
import type { Acknowledger } from './acknowledger.js'
import type { Aggregate } from './aggregate.js'
import type { Pace } from './pace.js'

/** Checkpoints that are kept: the newest, and one to fall back on should it be damaged. */
const KEPT_CHECKPOINTS = 2

/**
 * Executes what is decided: follows the log up to its first undecided slot, stores a checkpoint every so many slots, and
 * compacts what the checkpoint covers. One slot is never executed before the one below it.
 */
export class Applier {
  readonly #log: PersistentLog
  readonly #machine: Aggregate
  readonly #client: Acknowledger
  readonly #pace: Pace
  #running: Promise<void> | undefined
  #failure: { readonly cause: unknown } | undefined

  constructor(log: PersistentLog, machine: Aggregate, client: Acknowledger, pace: Pace) {
    this.#log = log
    this.#machine = machine
    this.#client = client
    this.#pace = pace
  }

  /** Called after every decision; catches up in the background. A failure is thrown by the next call. */
  nudge(): void {
    if (this.#failure) throw this.#failure.cause
    if (this.#running !== undefined || !this.#isBehind()) return
    this.#running = this.#catchUp()
      .catch((cause: unknown) => {
        this.#failure = { cause }
      })
      .finally(() => {
        this.#running = undefined
      })
  }

  /** Resolves when everything that is decided without a gap is executed. */
  async finish(): Promise<void> {
    do {
      this.nudge()
      await this.#running
    } while (this.#isBehind())
    this.nudge()
  }

  #isBehind(): boolean {
    return this.#log.bounds().contiguousTo > this.#machine.appliedTo()
  }

  async #catchUp(): Promise<void> {
    while (this.#isBehind()) {
      const at = this.#machine.appliedTo()
      const boundary = (Math.floor(at / this.#pace.checkpointEvery) + 1) * this.#pace.checkpointEvery
      await recover(this.#log, this.#machine, { range: { to: boundary } })
      if (this.#machine.appliedTo() === boundary) await this.#checkpoint(boundary)
    }
  }

  async #checkpoint(slot: number): Promise<void> {
    const { digest } = await this.#log.checkpoints.store(slot, this.#machine.serialise())
    this.#client.stored({ slot, digest })
    await this.#log.checkpoints.prune({ keep: KEPT_CHECKPOINTS })
    const { compactedBefore } = await this.#log.compact({ before: slot, retain: this.#pace.retain })
    this.#client.compacted(compactedBefore)
  }
}
