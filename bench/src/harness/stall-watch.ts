import { monitorEventLoopDelay } from 'node:perf_hooks'

/** The loop is asked so often whether it turns; between two turns without anything to do so much time passes. */
const RESOLUTION_MS = 1
const NS_PER_MS = 1e6

/** Watches how long the event loop stands still, in the stretches between `start` and `stop` alone. */
export class StallWatch {
  readonly #loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  #longestNs: number | undefined

  start(): void {
    // Otherwise the time since the last stretch would be the first that is seen of this one.
    this.#loop.reset()
    this.#loop.enable()
  }

  stop(): void {
    this.#loop.disable()
    if (this.#loop.count > 0) this.#longestNs = Math.max(this.#longestNs ?? 0, this.#loop.max)
  }

  /** The longest time beyond that of a loop with nothing to do, in ms; `undefined` where the loop never turned twice. */
  get longestMs(): number | undefined {
    return this.#longestNs && Math.max(0, this.#longestNs / NS_PER_MS - RESOLUTION_MS)
  }
}
