import { expect } from 'chai'
import { judge, refusalOf, type BallotCall, type SlotState } from '../../../src/backend/laws/ballot-law.js'

const low = { round: 1, nodeId: 9 }
const middle = { round: 2, nodeId: 1 }
const high = { round: 2, nodeId: 2 }

const EMPTY: SlotState = { status: 'empty' }
const DAMAGED: SlotState = { status: 'damaged' }
const DECIDED: SlotState = { status: 'decided' }
const ACCEPTED: SlotState = { status: 'accepted', ballot: middle }

type Row = [
  kind: BallotCall['kind'],
  ballot: typeof low,
  state: SlotState,
  same: boolean,
  promised: typeof low | undefined,
  outcome: string,
]

const TABLE: Row[] = [
  ['accept', low, DAMAGED, true, undefined, 'PLOG_CORRUPTED'],
  ['commit', low, DAMAGED, true, undefined, 'PLOG_CORRUPTED'],
  ['learn', low, DAMAGED, true, high, 'decide'],
  ['accept', low, DECIDED, true, high, 'no-op'],
  ['accept', high, DECIDED, false, undefined, 'PLOG_ALREADY_COMMITTED'],
  ['learn', low, DECIDED, true, undefined, 'no-op'],
  ['learn', high, DECIDED, false, undefined, 'PLOG_ALREADY_COMMITTED'],
  ['commit', high, DECIDED, false, undefined, 'no-op'],
  ['accept', middle, ACCEPTED, false, undefined, 'PLOG_BALLOT_REUSED'],
  ['learn', middle, ACCEPTED, false, undefined, 'PLOG_BALLOT_REUSED'],
  ['accept', middle, ACCEPTED, true, high, 'no-op'],
  ['learn', middle, ACCEPTED, true, high, 'decide'],
  ['accept', low, ACCEPTED, true, undefined, 'PLOG_STALE_BALLOT'],
  ['accept', low, EMPTY, true, middle, 'PLOG_STALE_BALLOT'],
  ['accept', middle, EMPTY, true, high, 'PLOG_STALE_BALLOT'],
  ['accept', high, ACCEPTED, false, high, 'store'],
  ['accept', high, ACCEPTED, false, undefined, 'store'],
  ['accept', low, EMPTY, false, undefined, 'store'],
  ['accept', middle, EMPTY, false, middle, 'store'],
  ['learn', low, ACCEPTED, false, high, 'decide'],
  ['learn', low, EMPTY, false, high, 'decide'],
  ['commit', low, EMPTY, false, undefined, 'PLOG_NOT_ACCEPTED'],
  ['commit', low, ACCEPTED, false, undefined, 'PLOG_BALLOT_MISMATCH'],
  ['commit', high, ACCEPTED, false, undefined, 'PLOG_BALLOT_MISMATCH'],
  ['commit', middle, ACCEPTED, false, high, 'decide'],
]

const valuesAre = (same: boolean) => ({ holdsValue: () => same })

describe('the ballot law', () => {
  for (const [kind, ballot, state, same, promised, outcome] of TABLE) {
    const title =
      `${kind} at ${ballot.round}.${ballot.nodeId} on ${state.status}` +
      `${same ? ', same value' : ', other value'}${promised ? `, promised ${promised.round}.${promised.nodeId}` : ''}`
    it(`${title}: ${outcome}`, () => {
      const call = { kind, slot: 7, ballot }
      expect(judge(call, state, { point: 7, promised }, valuesAre(same))).to.equal(outcome)
    })
  }

  it('refuses every call below the point before anything else', () => {
    const log = { point: 7, promised: undefined }
    for (const kind of ['accept', 'commit', 'learn'] as const) {
      for (const state of [EMPTY, DAMAGED, DECIDED, ACCEPTED]) {
        expect(judge({ kind, slot: 6, ballot: high }, state, log, valuesAre(true))).to.equal('PLOG_COMPACTED')
      }
    }
  })

  it('says in the error of a refusal what its caller has to know', () => {
    const call = { kind: 'commit' as const, slot: 7, ballot: low }
    const log = { point: 9, promised: undefined }
    expect(refusalOf('PLOG_COMPACTED', call, EMPTY, log).context).to.deep.include({ compactedBefore: 9 })
    expect(refusalOf('PLOG_BALLOT_MISMATCH', call, ACCEPTED, log).context).to.deep.include({ stored: middle })
    expect(refusalOf('PLOG_NOT_ACCEPTED', call, EMPTY, log).context).to.deep.include({ slot: 7, ballot: low })
  })

  it('names the higher one of the promise and the stored ballot', () => {
    const call = { kind: 'accept' as const, slot: 7, ballot: low }
    const refused = (stored: typeof low, promised: typeof low) =>
      refusalOf('PLOG_STALE_BALLOT', call, { status: 'accepted', ballot: stored }, { point: 0, promised })
    expect(refused(middle, high).context).to.deep.include({ promised: high })
    expect(refused(high, middle).context).to.deep.include({ stored: high })
    expect(refused(middle, low).context, 'a promise that does not refuse').to.deep.include({ stored: middle })
  })
})
