// The closing lines: what failed, and `N passed, N failed, N skipped`. A run inside a larger run hands them upwards in the
// file named by TEST_TOTALS_FILE instead, the totals first, so that only the outermost run prints them.
import { writeFileSync } from 'node:fs'

/** `failures` says in words what failed: a title, and below it the reason. */
export const noTotals = () => ({ passed: 0, failed: 0, skipped: 0, failures: [] })

export const addTotals = (left, right) => ({
  passed: left.passed + right.passed,
  failed: left.failed + right.failed,
  skipped: left.skipped + right.skipped,
  failures: [...left.failures, ...right.failures],
})

/** The totals of one thing that either passed or failed. */
export const outcomeOf = (title, ok) => ({
  ...noTotals(),
  ...(ok ? { passed: 1 } : { failed: 1, failures: [title] }),
})

/** Reports the totals and sets the exit code. Call it last. */
export const close = ({ passed, failed, skipped, failures }) => {
  const file = process.env.TEST_TOTALS_FILE
  const named = failures.map((failure) => `${failure.trimEnd()}\n`).join('')
  if (file) {
    writeFileSync(file, `${passed} ${failed} ${skipped}\n${named}`)
  } else {
    if (named !== '') process.stdout.write(`Failed:\n${named.replaceAll(/^/gm, '  ').trimEnd()}\n\n`)
    process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`)
  }
  process.exitCode = failed > 0 || passed + skipped === 0 ? 1 : 0
}
