import { expect } from 'chai'
import { inspectHost, whyNotHere } from '../../src/host/host.js'
import { ALL_TIERS } from '../../src/running/tiers.js'
import { runConformance } from '../../src/run-conformance.js'
import { TOY_BACKEND, TOY_MUTANTS } from '../../src/mutants/toy/toy-mutants.js'

/** The categories that are about files, processes and their ends. */
const ABOUT_ENDS = [
  'dur',
  'rec',
  'rot',
  'fault',
  'lock',
  'close',
  'batch.kill-mid-batch',
  'batch.crash-*',
  'model.commands-*',
]

const host = await inspectHost(ALL_TIERS)

describe('the toy log', function () {
  this.timeout(300_000)

  it('passes the cases on durability, recovery and the life cycle as long as nothing is broken in it', async () => {
    const report = await runConformance({
      backend: TOY_BACKEND,
      only: ABOUT_ENDS,
      budgets: { kills: 4, crashStates: 100, damages: 20, modelRuns: 40 },
    })
    expect(report.failures.map(({ case: id, message }) => `${id}: ${message}`)).to.deep.equal([])
    expect(report.passed).to.be.greaterThan(70)
    expect(report.kills).to.be.greaterThan(15)
    expect(report.ackedWrites.verified).to.be.greaterThan(50)
    expect(report.ackedWrites.lost).to.equal(0)
  })

  for (const { name, what, caughtBy, tier, state } of TOY_MUTANTS) {
    const missing = whyNotHere(host, tier)
    const title = `is caught when ${what} (${name}, tier ${tier})`
    const register = missing !== undefined && process.env['CI'] !== 'true' ? it.skip : it
    register(missing === undefined ? title : `${title} [skip: ${missing}]`, async () => {
      const config = () => ({ options: { toy: { defect: name } } })
      const report = await runConformance({
        backend: TOY_BACKEND,
        config,
        seed: 1,
        only: caughtBy,
        tiers: [tier],
        state,
        budgets: { kills: 24, crashStates: 1_200 },
      })
      const caught = report.failures.map((failure) => failure.case).sort()
      expect(caught).to.deep.equal([...caughtBy].sort())
    })
  }
})
