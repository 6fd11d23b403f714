import { expect } from 'chai'
import { SlotIndex } from '../src/regions/slot-index.js'
import { extentOf, numberPieces } from '../src/sealing/footer-numbers.js'

/** Holds an address for each slot of these ranges. */
function indexOf(...ranges: readonly (readonly [from: number, to: number])[]): SlotIndex {
  const index = new SlotIndex()
  for (const [from, to] of ranges) for (let slot = from; slot < to; slot++) index.set(slot, addressOf(slot))
  return index
}

const addressOf = (slot: number): number => (slot + 1) * 8

function numbersOf(index: SlotIndex, discards: readonly number[]): number[] {
  const numbers: number[] = []
  for (const piece of numberPieces(index, extentOf(index), discards)) {
    for (let at = 0; at < piece.byteLength; at += 8) numbers.push(piece.readDoubleLE(at))
  }
  return numbers
}

describe('faster: the numbers of a footer', () => {
  it('are an address for each slot of the range, over gaps of any length', () => {
    const ranges = [
      [5, 700],
      [701, 702],
      [3_000, 4_100],
      [5_120, 40_000],
    ] as const
    const index = indexOf(...ranges)
    expect(extentOf(index)).deep.equal({ from: 5, to: 40_000, count: index.count, isSparse: false })
    const expected = Array.from({ length: 40_000 - 5 }, (_, at) => {
      const slot = at + 5
      return ranges.some(([from, to]) => slot >= from && slot < to) ? addressOf(slot) : 0
    })
    expect(numbersOf(index, [7, 9])).deep.equal([...expected, 7, 9])
  })

  it('are the slots and then an address for each where they are far apart', () => {
    const slots = [3, 9_000, 9_001, 1_000_000, 2 ** 40]
    const index = indexOf(...slots.map((slot) => [slot, slot + 1] as const))
    expect(extentOf(index)).deep.equal({ from: 3, to: 2 ** 40 + 1, count: 5, isSparse: true })
    expect(numbersOf(index, [])).deep.equal([...slots, ...slots.map(addressOf)])
  })

  it('are those of discards alone where the index is empty', () => {
    expect(extentOf(new SlotIndex())).deep.equal({ from: 0, to: 0, count: 0, isSparse: false })
    expect(numbersOf(new SlotIndex(), [1, 4])).deep.equal([1, 4])
    expect(numbersOf(new SlotIndex(), [])).deep.equal([])
  })
})
