import { expect } from 'chai'
import fc from 'fast-check'
import { AcceptedSlots } from '../../../src/backend/engine/accepted-slots.js'
import { SlotRanges } from '../../../src/backend/engine/slot-ranges.js'

const ballots = fc.record({ round: fc.integer({ min: 0, max: 2 }), nodeId: fc.integer({ min: 0, max: 1 }) })

/** Most changes are about a run of slots, as a leader's are; two pages and one far away. */
const changes = fc.array(
  fc.record({
    isDelete: fc.boolean(),
    from: fc.oneof(fc.integer({ min: 200, max: 300 }), fc.constant(1_000_000)),
    length: fc.integer({ min: 1, max: 80 }),
    ballot: ballots,
    bytes: fc.integer({ min: 0, max: 3 }),
  }),
  { maxLength: 30 },
)

interface Proposal {
  readonly round: number
  readonly nodeId: number
  readonly bytes: number
}

describe('accepted slots', () => {
  it('know what a plain map of them knows, after any changes, and so does a copy', () => {
    fc.assert(
      fc.property(changes, (all) => {
        const slots = new AcceptedSlots()
        const ranges = new SlotRanges()
        const map = new Map<number, Proposal>()
        for (const { isDelete, from, length, ballot, bytes } of all) {
          for (let slot = from; slot < from + length; slot++) {
            const before = map.get(slot)?.bytes
            expect(isDelete ? slots.delete(slot) : slots.set(slot, ballot, bytes)).to.equal(before)
            if (isDelete) map.delete(slot)
            else map.set(slot, { ...ballot, bytes })
          }
          ranges[isDelete ? 'remove' : 'add'](from, from + length)
        }
        for (const one of [slots, new AcceptedSlots(slots)]) expectSame(one, ranges, map)
      }),
    )
  })

  it('keep a copy apart from what it was made of', () => {
    const slots = new AcceptedSlots()
    slots.set(1, { round: 1, nodeId: 1 }, 10)
    slots.set(2, { round: 2, nodeId: 1 }, 20)
    const copy = new AcceptedSlots(slots)
    slots.set(1, { round: 3, nodeId: 3 }, 30)
    slots.delete(2)
    expect(copy.ballot(1)).to.deep.equal({ round: 1, nodeId: 1 })
    expect(copy.bytes(2)).to.equal(20)
  })
})

function expectSame(slots: AcceptedSlots, ranges: SlotRanges, map: ReadonlyMap<number, Proposal>): void {
  for (const [slot, { round, nodeId, bytes }] of map) {
    expect(slots.ballot(slot)).to.deep.equal({ round, nodeId })
    expect(slots.bytes(slot)).to.equal(bytes)
    expect(slots.has(slot, { round, nodeId })).to.equal(true)
    expect(slots.has(slot, { round: round + 1, nodeId })).to.equal(false)
  }
  for (const slot of [0, 199, 500, 999_999]) {
    expect(slots.ballot(slot)).to.equal(undefined)
    expect(slots.bytes(slot)).to.equal(undefined)
    expect(slots.has(slot, { round: 0, nodeId: 0 })).to.equal(false)
  }
  const told = [...ranges.ranges()].flatMap((range) =>
    [...slots.pieces(range)].flatMap(({ from, ballot, bytes }) =>
      [...bytes].map((size, at) => [from + at, { ...ballot, bytes: size }] as const),
    ),
  )
  expect(told).to.deep.equal([...map].sort(([a], [b]) => a - b))
}
