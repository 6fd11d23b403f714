import { expect } from 'chai'
import { dropLongest, roundsAhead } from '../src/harness/budget.js'
import { CellAccount } from '../src/harness/cell-account.js'
import type { Round } from '../src/harness/measures.js'
import { workloads } from './fixtures/tiny-workloads.js'

const ROUNDS = 5
const round = { nsPerOperation: 1 } as Round

/** Cells whose first round took so many ms. */
const accountsOf = (...took: readonly number[]): CellAccount[] =>
  took.map((ms) => {
    const account = new CellAccount({ backend: 'memory', workload: workloads[0]! }, ROUNDS)
    account.add({ kind: 'measured', round }, ms)
    return account
  })
const roundsOf = (accounts: readonly CellAccount[]): number[] => accounts.map(({ rounds }) => rounds)

describe('the budget of a run', () => {
  it('leaves every round to all cells where there is time', () => {
    const accounts = accountsOf(10, 20, 30)
    dropLongest(accounts, 1, 60)
    expect(roundsOf(accounts)).to.deep.equal([5, 5, 5])
  })

  it('takes rounds from the longest cells first, and no more than needed', () => {
    const accounts = accountsOf(1_000, 10, 300, 20)
    dropLongest(accounts, 1, 400)
    expect(roundsOf(accounts)).to.deep.equal([1, 5, 5, 5])
    dropLongest(accounts, 2, 40)
    expect(roundsOf(accounts)).to.deep.equal([1, 5, 2, 5])
  })

  it('takes them last from cells that a promise rests on', () => {
    const [long, promised, short] = accountsOf(900, 500, 100) as [CellAccount, CellAccount, CellAccount]
    const cell = { ...promised.cell, isPromised: true }
    const kept = new CellAccount(cell, ROUNDS)
    kept.add({ kind: 'measured', round }, 500)
    const accounts = [long, kept, short]
    dropLongest(accounts, 1, 550)
    expect(roundsOf(accounts)).to.deep.equal([1, 5, 1])
    dropLongest(accounts, 2, 400)
    expect(roundsOf(accounts)).to.deep.equal([1, 2, 1])
  })

  it('divides the time among three rounds of everything before it leaves any for more', () => {
    expect([0, 1, 2, 3, 4, 5].map((done) => roundsAhead(done, ROUNDS))).to.deep.equal([3, 2, 1, 2, 1, 1])
    expect([1, 2].map((done) => roundsAhead(done, 2))).to.deep.equal([1, 1])
  })

  it('ends all where nothing is left, and asks for nothing of cells that are settled', () => {
    const accounts = accountsOf(10, 20)
    const failed = accountsOf(5_000)[0]!
    failed.add({ kind: 'failed', reason: 'it lost a record' })
    dropLongest([...accounts, failed], 1, 35)
    expect(roundsOf(accounts)).to.deep.equal([5, 5])
    dropLongest(accounts, 3, -1)
    expect(roundsOf(accounts)).to.deep.equal([3, 3])
  })
})
