import { expect } from 'chai'
import { MAX_SLOT } from '../../../src/contract/slot.js'
import { PackedSlots, type Block } from '../../../src/backend/ordered-store/packed-slots.js'

const PAGE_SLOTS = 32_768

describe('the slots that lie in blocks', () => {
  it('are found at every length and across words and pages', () => {
    for (const border of [0, 32, 64, PAGE_SLOTS, 2 ** 32, Number.MAX_SAFE_INTEGER - 40]) {
      for (let slots = 2; slots <= 32; slots++) {
        for (let shift = 0; shift <= 33; shift++) {
          const first = border - shift
          if (first < 1) continue
          const packed = new PackedSlots()
          packed.add({ first, slots })
          const shown = `${first}, ${slots} slots`
          for (let slot = first; slot < first + slots; slot++)
            expect(packed.firstOf(slot), shown).to.equal(first)
          expect(packed.firstOf(first - 1), shown).to.equal(undefined)
          expect(packed.firstOf(first + slots), shown).to.equal(undefined)
          expect(packed.from(first), shown).to.deep.equal({ first, slots })
        }
      }
    }
  })

  it('are found up to the largest slot', () => {
    for (let slots = 2; slots <= 32; slots++) {
      for (let shift = 0; shift <= 33; shift++) {
        const first = MAX_SLOT + 1 - slots - shift
        const packed = new PackedSlots()
        packed.add({ first, slots })
        const shown = `${first}, ${slots} slots`
        expect(packed.from(first), shown).to.deep.equal({ first, slots })
        for (let slot = first; slot < first + slots; slot++)
          expect(packed.firstOf(slot), shown).to.equal(first)
        if (shift > 0) expect(packed.firstOf(first + slots), shown).to.equal(undefined)
      }
    }
  })

  it('are those of the right one among neighbours', () => {
    const packed = new PackedSlots()
    const owner = new Map<number, Block>()
    let at = 0
    for (let round = 0; round < 4_000; round++) {
      const gap = (round * 7) % 5
      const slots = 2 + ((round * 13) % 31)
      const block = { first: at + gap, slots }
      packed.add(block)
      for (let slot = block.first; slot < block.first + slots; slot++) owner.set(slot, block)
      at = block.first + slots
    }
    for (let slot = 0; slot < at + 40; slot++) {
      expect(packed.firstOf(slot), `slot ${slot}`).to.equal(owner.get(slot)?.first)
      expect(packed.around(slot), `slot ${slot}`).to.deep.equal(owner.get(slot))
    }
  })

  it('are in no block any more where each has a record of its own', () => {
    const packed = new PackedSlots()
    packed.add({ first: 30, slots: 3 })
    packed.add({ first: 33, slots: 2 })
    expect(packed.giveOwnRecord(29, 0)).to.equal(undefined)
    expect(packed.giveOwnRecord(31, 0)).to.equal(undefined)
    expect([30, 31, 32].map((slot) => packed.firstOf(slot))).to.deep.equal([30, undefined, 30])
    expect(packed.around(31)).to.deep.equal({ first: 30, slots: 3 })
    expect(packed.giveOwnRecord(31, 0)).to.equal(undefined)
    expect(packed.giveOwnRecord(30, 0)).to.equal(undefined)
    expect(packed.giveOwnRecord(32, 0)).to.deep.equal({ first: 30, slots: 3 })
    expect(packed.around(31)).to.equal(undefined)
    expect(packed.firstOf(33)).to.equal(33)
    expect(packed.giveOwnRecord(31, 0)).to.equal(undefined)
  })

  it('need no record of their own below the point', () => {
    const packed = new PackedSlots()
    packed.add({ first: 30, slots: 4 })
    expect(packed.isSpent({ first: 30, slots: 4 }, 33)).to.equal(false)
    expect(packed.isSpent({ first: 30, slots: 4 }, 34)).to.equal(true)
    expect(packed.giveOwnRecord(33, 32)).to.equal(undefined)
    expect(packed.giveOwnRecord(32, 32)).to.deep.equal({ first: 30, slots: 4 })
  })

  it('are forgotten below the point, but for a block that reaches above it', () => {
    const packed = new PackedSlots()
    packed.add({ first: 5, slots: 2 })
    packed.add({ first: PAGE_SLOTS - 2, slots: 32 })
    packed.forgetBelow(PAGE_SLOTS + 29)
    expect(packed.firstOf(PAGE_SLOTS + 29)).to.equal(PAGE_SLOTS - 2)
    packed.forgetBelow(2 * PAGE_SLOTS + 64)
    expect([5, PAGE_SLOTS + 29].map((slot) => packed.firstOf(slot))).to.deep.equal([undefined, undefined])
  })
})
