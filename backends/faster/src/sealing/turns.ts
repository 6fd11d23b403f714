import { setImmediate as nextTurn } from 'node:timers/promises'

/** So long a turn of the event loop is worked on; whoever waits for the disk or an answer waits that much longer. */
const TURN_MS = 1

/** Long work that yields wherever it may be left for a while. */
export type Steps<Result> = Generator<void, Result>

/** Does the work, a part of it per turn of the event loop. */
export async function inTurns<Result>(steps: Steps<Result>): Promise<Result> {
  for (let until = performance.now() + TURN_MS; ;) {
    const step = steps.next()
    if (step.done) return step.value
    if (performance.now() < until) continue
    await nextTurn()
    until = performance.now() + TURN_MS
  }
}
