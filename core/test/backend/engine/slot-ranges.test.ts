import { expect } from 'chai'
import fc from 'fast-check'
import { SlotRanges } from '../../../src/backend/engine/slot-ranges.js'

const SLOTS = 24

interface Change {
  readonly add: boolean
  readonly from: number
  readonly length: number
  /** Slot by slot, not as a range. */
  readonly oneByOne: boolean
}

describe('slot ranges', () => {
  it('hold exactly what a plain set of slots holds, after any changes', () => {
    const change = fc.record({
      add: fc.boolean(),
      from: fc.integer({ min: 0, max: SLOTS }),
      length: fc.integer({ min: 0, max: 6 }),
      oneByOne: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes: Change[]) => {
        const ranges = new SlotRanges()
        const set = new Set<number>()
        for (const { add, from, length, oneByOne } of changes) {
          if (oneByOne)
            slotsOf(from, from + length).forEach((slot) => ranges[add ? 'addOne' : 'removeOne'](slot))
          else ranges[add ? 'add' : 'remove'](from, from + length)
          slotsOf(from, from + length).forEach((slot) => set[add ? 'add' : 'delete'](slot))
        }
        const sorted = [...set].sort((a, b) => a - b)
        expect(ranges.count).to.equal(set.size)
        expect(ranges.first).to.equal(sorted[0])
        expect(ranges.last).to.equal(sorted.at(-1))
        for (let slot = 0; slot < SLOTS + 8; slot++) {
          expect(ranges.has(slot)).to.equal(set.has(slot))
          expect(ranges.firstFrom(slot)).to.equal(sorted.find((held) => held >= slot))
          let missing = slot
          while (set.has(missing)) missing++
          expect(ranges.firstMissingFrom(slot)).to.equal(missing)
        }
        const inner = [...ranges.ranges(5, 15)].flatMap(({ from, to }) => slotsOf(from, to))
        expect(inner).to.deep.equal(sorted.filter((slot) => slot >= 5 && slot < 15))
        expect(ranges.countIn(5, 15)).to.equal(inner.length)
        expect([...ranges.copy().ranges()]).to.deep.equal([...ranges.ranges()])
        touchNever([...ranges.ranges()])
      }),
      { numRuns: 2_000 },
    )
  })

  it('hold the largest legal slots', () => {
    const ranges = new SlotRanges()
    ranges.add(Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER)
    ranges.add(0, 1)
    expect(ranges.last).to.equal(Number.MAX_SAFE_INTEGER - 1)
    expect(ranges.count).to.equal(2)
    expect(ranges.firstMissingFrom(Number.MAX_SAFE_INTEGER - 1)).to.equal(Number.MAX_SAFE_INTEGER)
  })
})

function slotsOf(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index)
}

function touchNever(ranges: { from: number; to: number }[]): void {
  ranges.forEach((range, index) => {
    expect(range.from).to.be.below(range.to)
    const next = ranges[index + 1]
    if (next) expect(range.to).to.be.below(next.from)
  })
}
