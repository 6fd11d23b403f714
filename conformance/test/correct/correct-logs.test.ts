import { expect } from 'chai'
import { runConformance, type ConformanceOptions, type ConformanceReport } from '@persistent-log/conformance'
import { inspectHost } from '../../src/host/host.js'
import type { WayName } from './ways-backend.js'

/** The toy log that is right in a way of its own. */
const inWay = (way: WayName, only: readonly string[]): ConformanceOptions => ({
  backend: new URL('./ways-backend.js', import.meta.url),
  config: () => ({ options: { toy: { way } } }),
  only,
})

/** Runs cases over a log that is right: each of them must run, and pass. */
async function expectPassed(options: ConformanceOptions): Promise<void> {
  const { unproven, skipped } = await expectUnfailed(options)
  expect({ unproven, skipped }).to.deep.equal({ unproven: [], skipped: [] })
}

async function expectUnfailed(options: ConformanceOptions): Promise<ConformanceReport> {
  const report = await runConformance({ seed: 5, ...options })
  expect(report.failures.map(({ case: id, message }) => `${id}: ${message}`)).to.deep.equal([])
  return report
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

  it('may write several buffers by one call', async () => {
    await expectPassed(inWay('gathers', ['fault.short-write-completed']))
  })

  it('may copy files', async () => {
    await expectPassed(inWay('copies', ['dur.states-in-order', 'batch.crash-states-all-or-nothing']))
  })

  it('has proven nothing, and has not failed, where it writes past what can be followed', async () => {
    const { unproven } = await expectUnfailed(inWay('delegates', ['dur.states-in-order']))
    expect(unproven).to.have.length(1)
    expect(unproven[0]?.reason).to.match(/cannot be followed: .*copy was written past node:fs/)
  })

  it('may use what Node.js warns of', async () => {
    await expectPassed(inWay('warns', ['close.no-live-handles', 'close.open-log-keeps-nothing-alive']))
  })

  it('may give space back in large pieces', async () => {
    await expectPassed(inWay('hoards', ['trim.frees-space']))
  })

  it('may take space in advance', async function () {
    const { missing } = await inspectHost([3])
    const reason = missing.loop ?? missing.ext4
    if (reason !== undefined && process.env['CI'] !== 'true') this.skip()
    await expectPassed({ ...inWay('reserves', ['fault.disk-full']), tiers: [3] })
  })
})
