import { setImmediate as nextTurn } from 'node:timers/promises'

/** So long a turn of the event loop is worked on while the log serves: whoever waits for an answer waits that much longer. */
const SERVING_TURN_MS = 1
/** And while it is opened, when nobody waits for anything else of it. */
const OPENING_TURN_MS = 6
/** The clock is looked at once in so many bytes. */
const LOOK_BYTES = 256 * 1024

/** Long work that yields wherever it may be left for a while. */
export type Steps<Result> = Generator<void, Result>

/** Does the work, a part of it per turn of the event loop. */
export async function inTurns<Result>(steps: Steps<Result>): Promise<Result> {
  for (let until = performance.now() + SERVING_TURN_MS; ;) {
    const step = steps.next()
    if (step.done) return step.value
    if (performance.now() < until) continue
    await nextTurn()
    until = performance.now() + SERVING_TURN_MS
  }
}

/** The steps of long work that have something for their caller, spread over turns of the event loop in the same way. */
export async function* spread<Step>(steps: Iterable<Step>): AsyncGenerator<Step> {
  let until = performance.now() + SERVING_TURN_MS
  for (const step of steps) {
    yield step
    if (performance.now() < until) continue
    await nextTurn()
    until = performance.now() + SERVING_TURN_MS
  }
}

/** Does all of the work now. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** Opening in turns: `if (pace.isOver(bytes)) await pace.turn()`, so that a step costs no Promise. */
export class Pace {
  #until = performance.now() + OPENING_TURN_MS
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
    this.#until = performance.now() + OPENING_TURN_MS
  }
}
