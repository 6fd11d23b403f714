interface Skipping {
  skip(reason: string): unknown
}

/** What vitest hands out is a function. */
const canSkip = (given: unknown): given is Skipping =>
  (typeof given === 'object' || typeof given === 'function') &&
  given !== null &&
  'skip' in given &&
  typeof given.skip === 'function'

/**
 * Lets the test that runs count as skipped. Mocha has the way to do it in the body's `this`, vitest and node:test in what they
 * hand to the body; it throws in mocha and vitest, so that nothing may follow this call.
 */
export function skipFrom(given: readonly unknown[], reason: string): void {
  given.find(canSkip)?.skip(reason)
}
