import { expect } from 'chai'
import { discardsOf } from '../../../src/backend/engine/discarding.js'
import { Ledger } from '../../../src/backend/engine/ledger.js'

describe('the effects of a discard', () => {
  const ledger = new Ledger(0)
  ledger.addDecidedRange({ from: 0, to: 1_000_000 })
  for (const slot of [1_000_005, 1_000_009]) ledger.addAccepted(slot, { round: 1, nodeId: 1 }, 10)

  it('are no wider than the proposals that are there', () => {
    expect(discardsOf(ledger, 0)).to.deep.equal([{ kind: 'discard', from: 1_000_005, to: 1_000_010 }])
    expect(discardsOf(ledger, 1_000_006)).to.deep.equal([{ kind: 'discard', from: 1_000_009, to: 1_000_010 }])
    expect(discardsOf(ledger, 3, 1_000_007)).to.deep.equal([
      { kind: 'discard', from: 1_000_005, to: 1_000_007 },
    ])
  })

  it('pass no decision', () => {
    const mixed = new Ledger(0)
    for (const slot of [1, 2, 4, 6, 7]) mixed.addAccepted(slot, { round: 1, nodeId: 1 }, 10)
    for (const slot of [2, 5]) mixed.addDecided(slot)
    expect(discardsOf(mixed, 0)).to.deep.equal([
      { kind: 'discard', from: 1, to: 2 },
      { kind: 'discard', from: 4, to: 5 },
      { kind: 'discard', from: 6, to: 8 },
    ])
  })

  it('are none where there are no proposals', () => {
    expect(discardsOf(ledger, 0, 1_000_005)).to.deep.equal([])
    expect(discardsOf(ledger, 1_000_010)).to.deep.equal([])
    expect(discardsOf(new Ledger(0), 0)).to.deep.equal([])
  })
})
