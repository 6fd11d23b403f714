import { started } from './assertions.js'

/** Lets everything go on that waits for the event loop. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * Looks again and again until the work has ended. However fast the log is, the first look is asked for while the work is
 * under way; however slow it is, looking does not end before it.
 */
export async function lookWhile(work: Promise<unknown>, look: () => Promise<void>): Promise<void> {
  let finished = false
  const ending = started(work.finally(() => (finished = true)))
  do {
    await look()
    await turn()
  } while (!finished)
  await ending
}
