import { expect } from 'chai'
import { discardOf } from '../../../src/backend/engine/discarding.js'
import { Ledger } from '../../../src/backend/engine/ledger.js'

describe('the effect of a discard', () => {
  const ledger = new Ledger(0)
  ledger.addDecidedRange({ from: 0, to: 1_000_000 })
  for (const slot of [1_000_005, 1_000_009]) ledger.addAccepted(slot, { round: 1, nodeId: 1 }, 10)

  it('is no wider than the proposals that are there', () => {
    expect(discardOf(ledger, 0)).to.deep.equal({ kind: 'discard', from: 1_000_005, to: 1_000_010 })
    expect(discardOf(ledger, 1_000_006)).to.deep.equal({ kind: 'discard', from: 1_000_009, to: 1_000_010 })
    expect(discardOf(ledger, 3, 1_000_007)).to.deep.equal({ kind: 'discard', from: 1_000_005, to: 1_000_007 })
  })

  it('is none where there are no proposals', () => {
    expect(discardOf(ledger, 0, 1_000_005)).to.equal(undefined)
    expect(discardOf(ledger, 1_000_010)).to.equal(undefined)
    expect(discardOf(new Ledger(0), 0)).to.equal(undefined)
  })
})
