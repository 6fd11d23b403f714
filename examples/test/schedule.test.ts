import { expect } from 'chai'
import type { Command } from '../src/replica/data-set.js'
import { paceFor } from '../src/replica/pace.js'
import { schedule, type Block } from '../src/replica/schedule.js'

async function* commands(count: number): AsyncGenerator<Command> {
  for (let slot = 0; slot < count; slot++) yield { slot, value: Buffer.from(`${slot}`), place: '' }
}

async function blocksOf(count: number, seed = 1): Promise<Block[]> {
  const blocks: Block[] = []
  for await (const block of schedule(commands(count), seed, paceFor(count))) blocks.push(block)
  return blocks
}

const slotsOf = (blocks: readonly Block[]): number[] =>
  blocks.flatMap(({ steps }) => steps.map(({ command }) => command.slot))

describe('the schedule of the replica', () => {
  for (const count of [0, 1, 2, 3, 17, 1_000, 20_000]) {
    it(`deals each of ${count} commands out once`, async () => {
      const slots = slotsOf(await blocksOf(count))
      expect(slots.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: count }, (_, slot) => slot))
    })
  }

  it('is out of order, leaves gaps for a block, and has contested slots only in elections', async () => {
    const blocks = await blocksOf(20_000)
    const slots = slotsOf(blocks)
    expect(slots.filter((slot, at) => slot < (slots[at - 1] ?? 0)).length).to.be.above(1_000)
    const steps = blocks.flatMap((block) => block.steps.map((step) => ({ ...step, block })))
    const late = steps.filter((step) => step.late)
    expect(late.length).to.be.above(100)
    const { block: blockLength } = paceFor(20_000)
    for (const { command, block } of late) {
      expect(block.index).to.equal(Math.floor(command.slot / blockLength) + 1)
    }
    const contested = steps.filter((step) => step.contested)
    expect(contested.length).to.be.above(100)
    expect(contested.every(({ block, late: isLate }) => block.hasElection && !isLate)).to.equal(true)
  })

  it('depends on the seed alone', async () => {
    expect(slotsOf(await blocksOf(1_000, 5))).to.deep.equal(slotsOf(await blocksOf(1_000, 5)))
    expect(slotsOf(await blocksOf(1_000, 5))).not.to.deep.equal(slotsOf(await blocksOf(1_000, 6)))
  })
})
