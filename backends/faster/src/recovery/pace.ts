import { setImmediate as nextTurn } from 'node:timers/promises'

/** The event loop is let go after so long. */
const TURN_MS = 6
/** The clock is looked at once in so many bytes. */
const LOOK_BYTES = 256 * 1024

/** Long work in turns of the event loop: `if (pace.isOver(bytes)) await pace.turn()`, so that a step costs no Promise. */
export class Pace {
  #until = performance.now() + TURN_MS
  #bytes = 0

  /** So many bytes more are done; true when it is somebody else's turn. */
  isOver(bytes: number): boolean {
    this.#bytes += bytes
    if (this.#bytes < LOOK_BYTES) return false
    this.#bytes = 0
    return performance.now() >= this.#until
  }

  async turn(): Promise<void> {
    await nextTurn()
    this.#until = performance.now() + TURN_MS
  }
}
