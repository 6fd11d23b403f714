import { expect } from 'chai'
import { compareBackends } from '@persistent-log/conformance'

const REFERENCE = { backend: new URL('../src/mutants/reference.js', import.meta.url) }
const MUTANT = new URL('../src/mutants/mutant-backend.js', import.meta.url)
const broken = (name: string) => ({ backend: MUTANT, config: () => ({ options: { mutant: { name } } }) })

describe('a comparison of two backends', () => {
  it('finds none between a log and itself', async () => {
    const report = await compareBackends({ backends: [REFERENCE, REFERENCE], seed: 1, calls: 300 })
    expect(report).to.deep.equal({ seed: 1, calls: 300 })
  })

  it('shows the first call that a broken log answers differently, and the same one for the same seed', async () => {
    const compare = () =>
      compareBackends({ backends: [REFERENCE, broken('lowerBallotOverwrites')], seed: 5, calls: 400 })
    const { difference } = await compare()
    expect(difference?.kind).to.equal('answer')
    expect(difference?.call).to.match(/^accept/)
    expect(difference?.shown[0]).to.equal('refused: PLOG_STALE_BALLOT')
    expect(difference?.shown[1]).to.equal('done')
    expect((await compare()).difference).to.deep.equal(difference)
  })
})
