// Mocha's spec reporter, plus a machine-readable account of the suite in the file named by MOCHA_ACCOUNT_FILE;
// without that variable, the closing line alone.
import { writeFileSync } from 'node:fs'
import Mocha from 'mocha'

const { EVENT_RUN_END, EVENT_TEST_PENDING } = Mocha.Runner.constants

/** A title may end with the reason: `keeps the tail [skip: needs two disks]`. Mocha itself knows none. */
const reasonOf = (test) => {
  const written = /\[skip: (?<reason>[^\]]+)\]$/.exec(test.title)?.groups.reason
  return written ?? (test.fn ? 'no reason in the title' : 'the test has no body yet')
}

export default class CiReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    const skipped = []
    runner.on(EVENT_TEST_PENDING, (test) => skipped.push({ title: test.fullTitle(), reason: reasonOf(test) }))
    runner.once(EVENT_RUN_END, () => {
      const { passes, failures } = this.stats
      const file = process.env.MOCHA_ACCOUNT_FILE
      if (file) writeFileSync(file, JSON.stringify({ passed: passes, failed: failures, skipped }))
      else process.stdout.write(`${passes} passed, ${failures} failed, ${skipped.length} skipped\n`)
    })
  }
}
