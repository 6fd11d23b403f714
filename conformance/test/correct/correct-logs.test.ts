import { expect } from 'chai'
import { runConformance, type ConformanceOptions, type ConformanceReport } from '@persistent-log/conformance'
import { KillRun } from '../../src/crash/kill-run.js'
import { inspectHost } from '../../src/host/host.js'
import { CaseContext } from '../../src/running/case-context.js'
import { inFreshDirectory } from '../../src/running/fresh-directory.js'
import type { OpenConfig } from '../../src/running/target.js'
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

  it('may write through descriptors that flush', async function () {
    const { missing } = await inspectHost([2])
    if (missing.strace !== undefined && process.env['CI'] !== 'true') this.skip()
    await expectPassed({ ...inWay('writesThrough', ['dur.sync-before-ack']), tiers: [2] })
  })

  it('may take shorter values, and fewer of them at once, than most', async () => {
    await expectUnfailed({
      backend: new URL('../../src/mutants/reference.js', import.meta.url),
      config: () => ({ limits: { batchSlots: 100, valueBytes: 65_535 } }),
      withoutChildren: true,
      only: ['batch', 'iter', 'borrow', 'conc.compact-vs-scan', 'conc.read-during-write-old-or-new'],
    })
  })

  it('may promise less by default than it offers: what is crashed is opened with all of it', async () => {
    await inFreshDirectory(undefined, async (directory) => {
      const survives = { accept: 'power-loss', commit: 'power-loss' } as const
      const config = (): OpenConfig => ({ durability: { accept: 'process-crash', flush: 'manual' } })
      const setting = { directory, target: { backend: 'weak', config }, capabilities: { survives } }
      const run = new KillRun(new CaseContext(setting as never))
      expect(run.order.config.durability).to.deep.equal(survives)
      const asked = new KillRun(new CaseContext(setting as never), { durability: { accept: 'nothing' } })
      expect(asked.order.config.durability).to.deep.equal({ ...survives, accept: 'nothing' })
    })
  })
})
