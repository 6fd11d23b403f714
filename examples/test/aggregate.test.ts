import { expect } from 'chai'
import { Aggregate } from '../src/replica/aggregate.js'

const command = (slot: number, content: object) => ({ slot, value: Buffer.from(JSON.stringify(content)) })
const CHECKPOINT = { slot: 0, bytes: 0, digest: '' }

async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

describe('the state machine of the replica', () => {
  it('is the same after a checkpoint as without one', async () => {
    const commands = Array.from({ length: 50 }, (_, slot) =>
      command(slot, { n: slot % 7, s: `s${slot % 3}` }),
    )
    const through = new Aggregate()
    through.apply(commands)

    const first = new Aggregate()
    first.apply(commands.slice(0, 20))
    const second = new Aggregate()
    await second.restore(CHECKPOINT, inPieces(first.serialise(), 7))
    expect(second.appliedTo()).to.equal(20)
    second.apply(commands.slice(20))
    expect(second.digest()).to.equal(through.digest())
  })

  it('tells the order of the commands, though the counts are the same', () => {
    const one = new Aggregate()
    one.apply([command(0, { a: 1 }), command(1, { a: 2 })])
    const other = new Aggregate()
    other.apply([command(0, { a: 2 }), command(1, { a: 1 })])
    expect(one.digest()).not.to.equal(other.digest())
  })

  it('refuses a command out of its turn', () => {
    const machine = new Aggregate()
    expect(() => machine.apply([command(1, {})])).to.throw('slot 1 came where 0 was expected')
  })

  it('counts texts, numbers, nothing and nested values', () => {
    const machine = new Aggregate()
    machine.apply([
      command(0, { v: null }),
      command(1, { v: { deep: true } }),
      command(2, { v: 1e308 }),
      command(3, { v: 1e308 }),
    ])
    expect(machine.describe()).to.deep.equal(['v: 3 different, mean Infinity, most often 1e+308 (2 times)'])
  })

  it('keeps a sum that JSON does not know through a checkpoint', async () => {
    const machine = new Aggregate()
    machine.apply([command(0, { v: 1e308 }), command(1, { v: 1e308 })])
    const again = new Aggregate()
    await again.restore(CHECKPOINT, inPieces(machine.serialise(), 1_000))
    expect(again.digest()).to.equal(machine.digest())
  })
})
