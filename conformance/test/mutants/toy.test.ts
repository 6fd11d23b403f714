import { expect } from 'chai'
import { runConformance } from '../../src/run-conformance.js'
import { TOY_BACKEND } from '../../src/mutants/toy/toy-mutants.js'

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

describe('the toy log', function () {
  this.timeout(300_000)

  // With few states and bytes: `npm run mutants` begins with more of them.
  it('passes the cases on durability, recovery and the life cycle as long as nothing is broken in it', async () => {
    const report = await runConformance({
      backend: TOY_BACKEND,
      only: ABOUT_ENDS,
      budgets: { kills: 2, crashStates: 40, damages: 10, modelRuns: 20 },
    })
    expect(report.failures.map(({ case: id, message }) => `${id}: ${message}`)).to.deep.equal([])
    expect(report.passed).to.be.greaterThan(70)
    expect(report.kills).to.be.greaterThan(8)
    expect(report.ackedWrites.verified).to.be.greaterThan(50)
    expect(report.ackedWrites.lost).to.equal(0)
  })
})
