// The closing line `N passed, N failed, N skipped`. A run inside a larger run hands its totals upwards in the file
// named by TEST_TOTALS_FILE instead, so that only the outermost run prints the line.
import { writeFileSync } from 'node:fs'

export const noTotals = () => ({ passed: 0, failed: 0, skipped: 0 })

export const addTotals = (left, right) => ({
  passed: left.passed + right.passed,
  failed: left.failed + right.failed,
  skipped: left.skipped + right.skipped,
})

/** Reports the totals and sets the exit code. Call it last. */
export const close = ({ passed, failed, skipped }) => {
  const file = process.env.TEST_TOTALS_FILE
  if (file) writeFileSync(file, `${passed} ${failed} ${skipped}\n`)
  else process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`)
  process.exitCode = failed > 0 || passed + skipped === 0 ? 1 : 0
}
