import { expect } from 'chai'
import { openHeld, proposal, stateOf, turn, type HeldEngine } from './held-engine.js'

const WEAK = { survives: 'process-crash' } as const

/** What has been handed to the engine: `weak`, `strong` or `flush`. */
const handedOver = (engine: HeldEngine): string[] =>
  engine.held.map(({ effects, survives }) =>
    effects.length === 0 ? 'flush' : survives === 'power-loss' ? 'strong' : 'weak',
  )

describe('the pace of flushes', () => {
  it('is manual by default: a weaker write alone is not flushed', async () => {
    const { engine, log } = await openHeld()
    void log.accept(proposal(0, 1), WEAK)
    await turn()
    expect(handedOver(engine)).to.deep.equal(['weak'])
    await engine.succeedAll()
  })

  it('flushes after so many bytes of weaker writes, and counts anew', async () => {
    const { engine, log } = await openHeld({ durability: { flush: { everyBytes: 10 } } })
    for (let slot = 0; slot < 4; slot++) void log.accept(proposal(slot, 1, 'five!'), WEAK)
    expect(handedOver(engine)).to.deep.equal(['weak', 'weak', 'flush', 'weak', 'weak', 'flush'])
    await engine.succeedAll()
  })

  it('flushes so many ms after the first weaker write', async () => {
    const { engine, log } = await openHeld({ durability: { flush: { everyMs: 1 } } })
    void log.accept(proposal(0, 1), WEAK)
    void log.accept(proposal(1, 1), WEAK)
    while (engine.held.length < 3) await new Promise((resolve) => setTimeout(resolve, 1))
    expect(handedOver(engine)).to.deep.equal(['weak', 'weak', 'flush'])
    await engine.succeedAll()
  })

  it('does not leave it to a stronger write, which need not cover the weaker ones before it', async () => {
    const { engine, log } = await openHeld({ durability: { flush: { everyBytes: 10 } } })
    void log.accept(proposal(0, 1, 'five!'), WEAK)
    void log.accept(proposal(1, 1))
    void log.accept(proposal(2, 1, 'five!'), WEAK)
    expect(handedOver(engine)).to.deep.equal(['weak', 'strong', 'weak', 'flush'])
    await engine.succeedAll()
  })

  it('counts anew behind a flush of the user', async () => {
    const { engine, log } = await openHeld({ durability: { flush: { everyBytes: 10 } } })
    void log.accept(proposal(0, 1, 'five!'), WEAK)
    void log.flush()
    void log.accept(proposal(1, 1, 'five!'), WEAK)
    expect(handedOver(engine)).to.deep.equal(['weak', 'flush', 'weak'])
    await engine.succeedAll()
  })

  it('ends with the log', async () => {
    const { engine, log } = await openHeld({ durability: { flush: { everyMs: 1 } } })
    const accepted = log.accept(proposal(0, 1), WEAK)
    await engine.succeedAll()
    await accepted
    await log.close()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(handedOver(engine)).to.deep.equal([])
  })

  it('poisons the log when a paced flush fails', async () => {
    const { engine, log } = await openHeld({ durability: { flush: { everyBytes: 1 } } })
    const accepted = log.accept(proposal(0, 1), WEAK)
    await engine.succeed('process-crash')
    await accepted
    await engine.fail(new Error('EIO'))
    expect(await stateOf(log.accept(proposal(1, 1)))).to.equal('PLOG_POISONED')
  })
})
