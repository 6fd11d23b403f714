import { expect } from 'chai'
import { openHeld, stateOf } from './held-engine.js'

const ballot = (round: number) => ({ round, nodeId: 1 })
const proposal = (slot: number, bytes: number, round = 1) => ({
  slot,
  ballot: ballot(round),
  value: Buffer.alloc(bytes),
})

describe('space for undecided entries', () => {
  it('is exactly the limit', async () => {
    const { engine, log } = await openHeld({ limits: { uncommittedBytes: 100 }, fullWaitMs: 0 })
    const first = log.accept(proposal(0, 60))
    const second = log.accept(proposal(1, 40))
    expect(await stateOf(log.accept(proposal(2, 1)))).to.equal('PLOG_FULL')
    await engine.succeedAll()
    await Promise.all([first, second])
    expect(log.metrics().uncommittedBytes).to.equal(100)
  })

  it('refuses at once what can never fit', async () => {
    const { log } = await openHeld({ limits: { uncommittedBytes: 100 } })
    expect(await stateOf(log.accept(proposal(0, 101)))).to.equal('PLOG_TOO_LARGE')
  })

  it('lets waiting accepts in, in line, when a commit frees some', async () => {
    const { engine, log } = await openHeld({ limits: { uncommittedBytes: 100 } })
    const held = log.accept(proposal(0, 100))
    const big = log.accept(proposal(1, 80))
    const small = log.accept(proposal(2, 20))
    expect(log.metrics().waitingForSpace).to.equal(2)
    expect(await stateOf(big)).to.equal('pending')
    const committed = log.commit({ slot: 0, ballot: ballot(1) })
    expect(log.metrics().waitingForSpace).to.equal(0)
    await engine.succeedAll()
    await Promise.all([held, committed, big, small])
    expect(log.metrics().uncommittedBytes).to.equal(100)
  })

  it('does not let a small accept overtake a big one that waits', async () => {
    const { engine, log } = await openHeld({ limits: { uncommittedBytes: 100 } })
    void log.accept(proposal(0, 60))
    const big = log.accept(proposal(1, 80))
    const small = log.accept(proposal(2, 10))
    await engine.succeedAll()
    expect(await stateOf(big)).to.equal('pending')
    expect(await stateOf(small)).to.equal('pending')
    void log.commit({ slot: 0, ballot: ballot(1) })
    await engine.succeedAll()
    await Promise.all([big, small])
  })

  it('judges an accept when it gets its space, so a promise made meanwhile counts', async () => {
    const { engine, log } = await openHeld({ limits: { uncommittedBytes: 100 } })
    void log.accept(proposal(0, 100))
    const waiting = log.accept(proposal(1, 50))
    waiting.catch(() => undefined)
    void log.promise(ballot(2))
    void log.commit({ slot: 0, ballot: ballot(1) })
    await engine.succeedAll()
    expect(await stateOf(waiting)).to.equal('PLOG_STALE_BALLOT')
  })

  it('needs none for a replacement that is not larger, nor for a retry', async () => {
    const { engine, log } = await openHeld({ limits: { uncommittedBytes: 100 }, fullWaitMs: 0 })
    const all = [log.accept(proposal(0, 100)), log.accept(proposal(0, 100)), log.accept(proposal(0, 90, 2))]
    await engine.succeedAll()
    await Promise.all(all)
    expect(log.metrics().uncommittedBytes).to.equal(90)
  })

  it('does not count what discardFrom drops', async () => {
    const { engine, log } = await openHeld({ limits: { uncommittedBytes: 100 }, fullWaitMs: 0 })
    void log.accept(proposal(0, 50))
    void log.accept(proposal(1, 50))
    const replaced = log.acceptAll([proposal(1, 50, 2)], { discardFrom: 1 })
    await engine.succeedAll()
    await replaced
    expect(log.metrics().uncommittedBytes).to.equal(100)
  })

  it('gives up after the wait, and leaves the line', async () => {
    const { engine, log } = await openHeld({ limits: { uncommittedBytes: 100 }, fullWaitMs: 5 })
    void log.accept(proposal(0, 100))
    const waiting = log.accept(proposal(1, 1))
    const error: unknown = await waiting.catch((reason: unknown) => reason)
    expect(error).to.have.property('code', 'PLOG_FULL')
    expect(error).to.have.nested.property('context.capacity', 100)
    expect(error).to.have.nested.property('context.used', 100)
    expect(log.metrics().waitingForSpace).to.equal(0)
    await engine.succeedAll()
  })

  it('lets an aborted accept leave the line with the reason of its signal', async () => {
    const { engine, log } = await openHeld({ limits: { uncommittedBytes: 100 } })
    void log.accept(proposal(0, 100))
    const abort = new AbortController()
    const waiting = log.accept(proposal(1, 1), { signal: abort.signal })
    waiting.catch(() => undefined)
    abort.abort(new Error('changed my mind'))
    expect(await stateOf(waiting)).to.equal('changed my mind')
    expect(log.metrics().waitingForSpace).to.equal(0)
    await engine.succeedAll()
    expect(log.bounds().acceptedCount).to.equal(1)
  })

  it('never makes commit or learn wait', async () => {
    const { engine, log } = await openHeld({ limits: { uncommittedBytes: 100 } })
    void log.accept(proposal(0, 100))
    const waiting = log.accept(proposal(1, 100))
    const learned = log.learn(proposal(1, 100))
    await engine.succeed()
    await engine.succeed()
    expect(await stateOf(learned)).to.equal('resolved')
    // The slot is decided with the same value by now: nothing is left to be stored.
    void log.commit({ slot: 0, ballot: ballot(1) })
    await engine.succeedAll()
    expect(await stateOf(waiting)).to.equal('resolved')
  })

  it('refuses who waits as soon as the log is poisoned', async () => {
    const { engine, log } = await openHeld({ limits: { uncommittedBytes: 100 } })
    const failing = stateOf(log.accept(proposal(0, 100)))
    const waiting = [log.accept(proposal(1, 1)), log.accept(proposal(2, 1))]
    for (const one of waiting) one.catch(() => undefined)
    await engine.fail(new Error('EIO'))
    await failing
    for (const one of waiting) expect(await stateOf(one)).to.equal('PLOG_POISONED')
    expect(log.metrics().waitingForSpace).to.equal(0)
  })

  it('does not hold a close up: who waits is refused, nothing of it is written', async () => {
    const { engine, log } = await openHeld({ limits: { uncommittedBytes: 100 } })
    const held = log.accept(proposal(0, 100))
    const waiting = log.accept(proposal(1, 1))
    waiting.catch(() => undefined)
    const closed = log.close()
    expect(await stateOf(waiting)).to.equal('PLOG_NOT_OPEN')
    await engine.succeedAll()
    await Promise.all([held, closed])
    expect([...engine.entries.keys()]).to.deep.equal([0])
  })

  it('refuses at once a replacement that can never fit', async () => {
    const { engine, log } = await openHeld({ limits: { uncommittedBytes: 100 } })
    const first = log.accept(proposal(0, 60))
    await engine.succeedAll()
    await first
    expect(await stateOf(log.accept(proposal(0, 101, 2)))).to.equal('PLOG_TOO_LARGE')
  })
})
