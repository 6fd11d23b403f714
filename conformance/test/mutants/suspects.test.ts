import { expect } from 'chai'
import { allMutants } from '../../src/mutants/all-mutants.js'
import { prove } from '../../src/mutants/prove.js'
import { PROOFS } from '../../src/mutants/proofs/index.js'
import { suspects, unprovenCases } from '../../src/mutants/suspects.js'
import { TOY_DEFECTS } from '../../src/mutants/toy/toy-defects.js'
import { TOY_MUTANTS } from '../../src/mutants/toy/toy-mutants.js'
import { allCases } from '../../src/suites/index.js'

const MUTANTS = allMutants.map(({ name }) => name)
const CASES = allCases.map(({ id }) => id)

// `npm run mutants` proves each pair of a broken log and a case; here only that the list of pairs is whole.
describe('the broken logs', function () {
  this.timeout(60_000)

  it('are there for every case', () => {
    expect(unprovenCases()).to.deep.equal([])
  })

  it('each have a case that is after them', () => {
    expect(suspects.filter(({ caughtBy }) => caughtBy.length === 0).map(({ name }) => name)).to.deep.equal([])
    expect(TOY_MUTANTS.map(({ name }) => name)).to.include.members(Object.keys(TOY_DEFECTS))
  })

  it('are named once, and in the lists of proofs as they are called', () => {
    expect(new Set(MUTANTS).size).to.equal(MUTANTS.length)
    expect(MUTANTS).to.include.members(Object.values(PROOFS).flat())
    expect(CASES).to.include.members(suspects.flatMap(({ caughtBy }) => caughtBy))
  })

  it('are missed by a case that is not after them, and that is told', async () => {
    const [suspect] = suspects
    const proof = await prove({ ...suspect!, caughtBy: ['cfg.none-at-start'] }, 1)
    expect(proof).to.deep.include({ noticedBy: [], missedBy: ['cfg.none-at-start'] })
  })
})
