import { expect } from 'chai'
import { runConformance, type ConformanceOptions } from '@persistent-log/conformance'

/** Runs cases over a log that is right: each of them must run, and pass. */
async function expectPassed(options: ConformanceOptions): Promise<void> {
  const { failures, unproven, skipped } = await runConformance({ seed: 5, ...options })
  expect(failures.map(({ case: id, message }) => `${id}: ${message}`)).to.deep.equal([])
  expect({ unproven, skipped }).to.deep.equal({ unproven: [], skipped: [] })
}

describe('a log that is right', function () {
  this.timeout(120_000)

  it('passes the cases that look on while it writes, on a slow disk', async () => {
    await expectPassed({
      backend: new URL('./slow-backend.js', import.meta.url),
      only: [
        'conc.read-during-write-old-or-new',
        'cfg.hard-state-together',
        'iter.phase1-finds-each-slot-once',
      ],
    })
  })
})
