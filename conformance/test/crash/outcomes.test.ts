import { expect } from 'chai'
import { differences } from '../../src/crash/observation.js'
import type { Operation } from '../../src/crash/operation.js'
import { Oracle } from '../../src/crash/oracle.js'
import { matchOutcome, possibleStates, type Interrupted } from '../../src/crash/outcomes.js'

const accept = (slot: number, round = 1, value = `value ${slot}`): Operation => ({
  kind: 'accept',
  entry: { slot, round, nodeId: 0, value },
})
const batch = (...slots: number[]): Operation => ({
  kind: 'acceptAll',
  entries: slots.map((slot) => ({ slot, round: 1, nodeId: 0, value: `value ${slot}` })),
})
const commit = (slot: number): Operation => ({ kind: 'commit', id: { slot, round: 1, nodeId: 0 } })

function interrupted(operations: readonly Operation[], ...acknowledged: number[]): Interrupted {
  const begun = new Set(operations.keys())
  return { base: new Oracle(), operations, acknowledged: new Set(acknowledged), begun }
}

/** The entries that may be found, state by state, in short. */
const found = (work: Interrupted): string[] =>
  [...possibleStates(work)].map((state) =>
    [...state.slots.values()]
      .map(({ slot, round, decided }) => `${slot}${decided ? '!' : `.${round}`}`)
      .join(' '),
  )

const after = (...operations: Operation[]): Oracle => {
  const oracle = new Oracle()
  for (const operation of operations) expect(oracle.apply(operation)).to.equal(true)
  return oracle
}

describe('the states that are possible after a kill', () => {
  it('hold every call that was acknowledged', () => {
    expect(found(interrupted([accept(0), accept(1)], 0, 1))).to.deep.equal(['0.1 1.1'])
  })

  it('hold a call in flight or not', () => {
    expect(found(interrupted([accept(0), accept(1)], 0)).sort()).to.deep.equal(['0.1', '0.1 1.1'])
  })

  it('hold a batch in flight whole or not at all', () => {
    expect(found(interrupted([batch(0, 1, 2)])).sort()).to.deep.equal(['', '0.1 1.1 2.1'])
  })

  it('do not hold a call that had not begun', () => {
    const work = interrupted([accept(0), accept(1)], 0)
    expect(found({ ...work, begun: new Set([0]) })).to.deep.equal(['0.1'])
  })

  it('hold a call in flight on which an acknowledged one rests', () => {
    expect(found(interrupted([accept(0), commit(0)], 1))).to.deep.equal(['0!'])
  })

  it('hold no call whose promise or discard is missing', () => {
    const promise: Operation = { kind: 'promise', round: 3, nodeId: 0 }
    const rounds = [...possibleStates(interrupted([promise, accept(0, 3)]))].map(
      (state) => `${state.promised?.round ?? '-'} ${state.slots.size}`,
    )
    expect(rounds.sort()).to.deep.equal(['- 0', '3 0', '3 1'])
    const discarded = found(interrupted([accept(0), { kind: 'discard', from: 0 }, accept(1)], 0, 2))
    expect(discarded).to.deep.equal(['1.1'])
  })

  it('hold every call before a flush that was acknowledged', () => {
    expect(found(interrupted([accept(0), accept(1), { kind: 'flush' }], 2))).to.deep.equal(['0.1 1.1'])
  })
})

describe('the states that are possible where a decision is lost', () => {
  const discard: Operation = { kind: 'discard', from: 0 }

  it('hold a proposal that a discard passed because it was decided then, or not', () => {
    const work = interrupted([accept(0), accept(1), commit(1), discard, accept(9)], 0, 1, 3, 4)
    expect(found(work).sort()).to.deep.equal(['1! 9.1', '1.1 9.1', '9.1'])
  })

  it('hold it behind a batch that dropped what was undecided', () => {
    const conflict: Operation = {
      kind: 'acceptAll',
      entries: [{ slot: 2, round: 2, nodeId: 0, value: 'value 2' }],
      discardFrom: 1,
    }
    const work = interrupted([accept(1), commit(1), conflict], 0, 2)
    expect(found(work).sort()).to.deep.equal(['1! 2.2', '1.1 2.2', '2.2'])
  })

  it('do not hold it behind a decision that was refused, or where the discard was first', () => {
    const refused = interrupted([accept(1), commit(1), discard], 0, 2)
    expect(found({ ...refused, refused: new Set([1]) }).sort()).to.deep.equal(['', '1!'])
    expect(found(interrupted([accept(1), discard, accept(0), commit(0)], 0, 1, 2)).sort()).to.deep.equal([
      '0!',
      '0.1',
    ])
  })
})

describe('the verdict on what was found', () => {
  it('comes soon, however many calls were in flight', () => {
    const slots = Array.from({ length: 40 }, (_, slot) => slot)
    const work = interrupted([...slots.map((slot) => accept(slot)), accept(99)], 40)
    expect(matchOutcome(work, new Oracle().expected()).state).to.equal(undefined)
    const some = after(...slots.filter((slot) => slot % 3 === 0).map((slot) => accept(slot)), accept(99))
    expect(matchOutcome(work, some.expected()).state?.slots.size).to.equal(15)
  })

  it('settles on the state that was found', () => {
    const work = interrupted([accept(0), accept(1), accept(2)], 0, 1)
    const verdict = matchOutcome(work, after(accept(0), accept(1)).expected())
    expect(verdict.state?.slots.size).to.equal(2)
  })

  it('names the acknowledged write that is missing', () => {
    const verdict = matchOutcome(interrupted([accept(0), accept(1)], 0, 1), after(accept(0)).expected())
    expect(verdict.state).to.equal(undefined)
    expect('differences' in verdict && verdict.differences).to.include(
      `- entries: 1 accepted 1.0 ${hexOf('value 1')}`,
    )
  })

  it('names what a torn batch left', () => {
    const verdict = matchOutcome(interrupted([batch(0, 1)]), after(accept(0)).expected())
    expect(verdict.state).to.equal(undefined)
  })

  it('tells a value from another of the same length', () => {
    const expected = after(accept(0, 1, 'same length')).expected()
    expect(differences(expected, after(accept(0, 1, 'game length')).expected())).to.have.length(2)
    expect(differences(expected, expected)).to.deep.equal([])
  })
})

const hexOf = (text: string): string => Buffer.from(text).toString('hex')
