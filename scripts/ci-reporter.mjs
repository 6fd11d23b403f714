// Mocha's spec reporter, plus a machine-readable account of the suite in the file named by MOCHA_ACCOUNT_FILE;
// without that variable, the closing line alone.
import { writeFileSync } from 'node:fs'
import Mocha from 'mocha'

const { EVENT_RUN_END, EVENT_TEST_FAIL, EVENT_TEST_PENDING } = Mocha.Runner.constants

/** A title may end with the reason: `keeps the tail [skip: needs two disks]`. Mocha itself knows none. */
const reasonOf = (test) => {
  const written = /\[skip: (?<reason>[^\]]+)\]$/.exec(test.title)?.groups.reason
  return written ?? (test.fn ? 'no reason in the title' : 'the test has no body yet')
}

const LINES_OF_A_REASON = 12

const failureOf = (test, error) => {
  const lines = String(error?.stack ?? error)
    .split('\n')
    .slice(0, LINES_OF_A_REASON)
  return [test.fullTitle(), ...lines.map((line) => `  ${line}`)].join('\n')
}

export default class CiReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    const skipped = []
    const failures = []
    runner.on(EVENT_TEST_FAIL, (test, error) => failures.push(failureOf(test, error)))
    runner.on(EVENT_TEST_PENDING, (test) => skipped.push({ title: test.fullTitle(), reason: reasonOf(test) }))
    runner.once(EVENT_RUN_END, () => {
      const { passes: passed, failures: failed } = this.stats
      const file = process.env.MOCHA_ACCOUNT_FILE
      if (file) writeFileSync(file, JSON.stringify({ passed, failed, skipped, failures }))
      else process.stdout.write(`${passed} passed, ${failed} failed, ${skipped.length} skipped\n`)
    })
  }
}
