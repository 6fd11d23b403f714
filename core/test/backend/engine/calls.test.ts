import { expect } from 'chai'
import { openHeld, proposal, stateOf } from './held-engine.js'

describe('the arguments of a batch', () => {
  it('have no holes', async () => {
    const { engine, log } = await openHeld()
    const holes: never[] = []
    holes.length = 2
    expect(await stateOf(log.acceptAll(holes))).to.match(/^proposals\[0\] is undefined/)
    expect(await stateOf(log.commitAll(holes))).to.match(/^ids\[0\] is undefined/)
    expect(await stateOf(log.learnAll(holes))).to.match(/^decisions\[0\] is undefined/)
    expect(engine.held).to.deep.equal([])
  })
})

describe('the counters of a log', () => {
  it('count entries, not the discard that goes with them', async () => {
    const { engine, log } = await openHeld()
    const first = log.acceptAll([proposal(0, 1), proposal(1, 1)])
    const second = log.acceptAll([proposal(1, 2)], { discardFrom: 1 })
    await engine.succeedAll()
    await Promise.all([first, second])
    expect(log.metrics().accepts).to.equal(3)
  })
})
