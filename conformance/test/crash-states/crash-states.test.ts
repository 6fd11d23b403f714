import { expect } from 'chai'
import { TOY_BACKEND } from '../../src/mutants/toy/toy-mutants.js'
import { runConformance } from '../../src/run-conformance.js'
import type { Tally } from '../../src/running/tally.js'
import type { Case } from '../../src/suites/case.js'

const broken = (defect: string) => ({
  backend: TOY_BACKEND,
  config: () => ({ options: { toy: { defect } } }),
  seed: 1,
  budgets: { crashStates: 1_200 },
})

/** Runs cases of the kit, and shows what they counted. */
async function counted(only: readonly string[]): Promise<Tally> {
  let tally: Tally | undefined
  const last: Case = {
    id: 'own.last',
    title: 'shows what was counted',
    run: async (ctx) => void (tally = ctx.tally),
  }
  await runConformance({
    backend: TOY_BACKEND,
    only: [...only, 'own'],
    additionalCases: [last],
    budgets: { crashStates: 200, damages: 20 },
  })
  if (tally === undefined) throw new Error('the last case did not run')
  return tally
}

describe('crash states', function () {
  this.timeout(120_000)

  it('are counted, and so are the acknowledged writes that were looked for', async () => {
    const { crashStates, ackedVerified, ackedLost } = await counted(['dur.states-strict-model'])
    expect(crashStates).to.equal(60)
    expect(ackedVerified).to.be.greaterThan(100)
    expect(ackedLost).to.equal(0)
  })

  it('are told by a failure so that one of them can be tried again', async () => {
    const { failures } = await runConformance({ ...broken('neverFlushes'), only: ['dur.states-in-order'] })
    expect(failures[0]?.message).to.match(/crash state 0:\d+ \(model in-order, after event \d+; /)
    expect(failures[0]?.message).to.match(/it does not (?:hold what it acknowledged|open after the crash)/)
  })
})

describe('damage', function () {
  this.timeout(120_000)

  it('is counted by what came of it', async () => {
    const { corruption } = await counted(['rot.flip-every-byte'])
    const { ok, located, ...bad } = corruption
    expect(bad).to.deep.equal({ silent: 0, wrong: 0, dead: 0 })
    expect(located).to.be.greaterThan(0)
    expect(ok + located).to.equal(20)
  })

  it('is told by a failure with what it did', async () => {
    const { failures } = await runConformance({ ...broken('cutAtFirstBad'), only: ['rot.flip-every-byte'] })
    expect(failures[0]?.message).to.match(/silent: bit \d of byte \d+ of log\/engine\/log: .* --state \d+\)/)
  })
})
