import type { Ledger } from '@persistent-log/core/backend'
import { type Ballot } from '@persistent-log/core/backend'
import { expect } from 'chai'
import fc from 'fast-check'
import { Replay } from '../src/recovery/replay.js'
import { SlotTable } from '../src/regions/slot-table.js'
import { encodeState, restoreState } from '../src/sealing/log-state.js'
import { atOnce } from '../src/turns.js'
import { newTail } from './support/new-tail.js'

const ballots = fc.record({ round: fc.integer({ min: 0, max: 1 }), nodeId: fc.integer({ min: 0, max: 1 }) })
const proposals = fc.array(
  fc.record({
    from: fc.oneof(fc.integer({ min: 0, max: 600 }), fc.constant(2 ** 40)),
    length: fc.integer({ min: 1, max: 300 }),
    ballot: ballots,
    /** Of the first one; the others have the same or one that grows. */
    bytes: fc.integer({ min: 0, max: 2 ** 24 }),
    grows: fc.boolean(),
  }),
  { maxLength: 8 },
)
const decided = fc.array(
  fc.record({ from: fc.integer({ min: 0, max: 700 }), length: fc.integer({ min: 1, max: 90 }) }),
  { maxLength: 5 },
)

describe('the state in a footer', () => {
  it('tells every decided slot, and the ballot and the size of every undecided one', () => {
    fc.assert(
      fc.property(proposals, decided, (accepts, ranges) => {
        const replay = newReplay()
        const { ledger } = replay
        for (const { from, length, ballot, bytes, grows } of accepts) {
          for (let at = 0; at < length; at++) ledger.addAccepted(from + at, ballot, bytes + (grows ? at : 0))
        }
        for (const { from, length } of ranges) ledger.addDecidedRange({ from, to: from + length })
        const restored = newReplay()
        restoreState(restored, encoded(replay))
        expect(slotsOf(restored.ledger)).to.deep.equal(slotsOf(ledger))
        expect(restored.ledger.uncommittedBytes).to.equal(ledger.uncommittedBytes)
      }),
      { numRuns: 60 },
    )
  })

  it('is not larger where very many proposals of one ballot and one size are undecided', () => {
    const few = newReplay()
    const many = newReplay()
    const ballot: Ballot = { round: 1, nodeId: 1 }
    for (let slot = 0; slot < 10; slot++) few.ledger.addAccepted(slot, ballot, 100)
    for (let slot = 0; slot < 100_000; slot++) many.ledger.addAccepted(slot, ballot, 100)
    expect(encoded(many).byteLength).to.equal(encoded(few).byteLength)
  })

  it('takes 4 bytes for each that differs in its size', () => {
    const replay = newReplay()
    const empty = encoded(replay).byteLength
    for (let slot = 0; slot < 100_000; slot++) {
      replay.ledger.addAccepted(slot, { round: 1, nodeId: 1 }, 100 + (slot % 7))
    }
    expect(encoded(replay).byteLength - empty).to.be.within(400_000, 401_000)
  })
})

const newReplay = (): Replay => new Replay(0, newTail().tail, new SlotTable())

const encoded = (replay: Replay): Buffer => Buffer.concat(atOnce(encodeState(replay)))

function slotsOf(ledger: Ledger): unknown {
  return {
    decided: [...ledger.decided.ranges()],
    accepted: [...ledger.accepted.ranges()].flatMap(({ from, to }) =>
      Array.from({ length: to - from }, (_, at) => ({
        slot: from + at,
        ballot: ledger.acceptedBallot(from + at),
        bytes: ledger.acceptedBytes(from + at),
      })),
    ),
  }
}
