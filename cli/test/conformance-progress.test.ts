import { expect } from 'chai'
import { newTally } from '@persistent-log/conformance'
import { liveCounts } from '../src/conformance-progress.js'

describe('the counts beside the bar', () => {
  it('are empty at first, and name what has been counted, what is lost last', () => {
    const tally = newTally()
    expect(liveCounts(tally)).to.equal('')
    Object.assign(tally, { kills: 3, faultsHit: 2, faultsTried: 5, ackedVerified: 70, ackedLost: 1 })
    tally.corruption.located = 4
    expect(liveCounts(tally)).to.equal('3 kills, 4 damages, 2 faults, 70 acked, 1 LOST')
  })
})
