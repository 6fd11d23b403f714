import { randomInt } from 'node:crypto'

/** In CI every state and every byte is looked at. */
export const isThorough = process.env['CI'] === 'true'

/**
 * Chooses among thousands of states: in CI all of them, elsewhere every n-th, beginning at another one in each run. Asked
 * about a state once, in their order.
 */
export function everyNth(n: number): () => boolean {
  if (isThorough) return () => true
  let next = randomInt(n)
  return () => next-- % n === 0
}
