import { expect } from 'chai'
import fc from 'fast-check'
import { NOWHERE, tailAddress } from '../src/regions/address.js'
import { SlotIndex } from '../src/regions/slot-index.js'
import { newIndexMemory } from '../src/threads/index-memory.js'
import { MirroredIndex } from '../src/threads/mirrored-index.js'
import { SharedIndex } from '../src/threads/shared-index.js'
import { inTurns, spread } from '../src/turns.js'

const SLOTS = 1_600

/** Slots that a footer speaks of, and those of them that were written once more since. */
const written = fc.record({
  from: fc.nat(700),
  sealed: fc.array(fc.boolean(), { minLength: 1, maxLength: 900 }),
  newer: fc.array(fc.nat(SLOTS - 1), { maxLength: 40 }),
  others: fc.array(fc.nat(SLOTS - 1), { maxLength: 20 }),
})

const mirrored = (): SlotIndex =>
  new MirroredIndex(new SlotIndex(), new SharedIndex(newIndexMemory()), () => undefined)

describe('faster: forgetting slots that are sealed', () => {
  for (const [name, create] of [
    ['an index', () => new SlotIndex()],
    ['an index that is shared', mirrored],
  ] as const) {
    it(`takes off ${name} what a run says, and nothing that was written since`, () => {
      fc.assert(
        fc.property(written, ({ from, sealed, newer, others }) => {
          const index = create()
          const run = Float64Array.from(sealed, (is, at) => (is ? tailAddress(8 * (at + 1), true) : NOWHERE))
          const expected = new Map<number, number>()
          run.forEach((address, at) => address !== NOWHERE && index.set(from + at, address))
          for (const slot of [...newer, ...others]) {
            index.set(slot, tailAddress(1_000_000 + 8 * slot, true))
            expected.set(slot, tailAddress(1_000_000 + 8 * slot, true))
          }
          index.forgetRun(from, run)
          expect(index.count).equal(expected.size)
          for (let slot = 0; slot < SLOTS; slot++)
            expect(index.get(slot)).equal(expected.get(slot) ?? NOWHERE)
        }),
        { numRuns: 60 },
      )
    })
  }

  it('lets the event loop go between the steps of long work, and tells what came of it or failed', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    try {
      const steps = function* (): Generator<void, string> {
        while (turns < 2) yield
        return 'done'
      }
      expect(await inTurns(steps())).equal('done')
      const counting = function* (): Generator<number> {
        for (let step = 0; turns < 5; step++) yield step
      }
      const seen: number[] = []
      for await (const step of spread(counting())) seen.push(step)
      expect(seen).deep.equal(seen.map((_, at) => at))
      expect(seen.length).greaterThan(1)
      const failing = function* (): Generator<void, void> {
        yield
        throw new Error('no')
      }
      const error: unknown = await inTurns(failing()).catch((cause: unknown) => cause)
      expect(error).instanceOf(Error).with.property('message', 'no')
    } finally {
      clearInterval(timer)
    }
  })
})
