import { expect } from 'chai'
import { ballot, openHeld, proposal, stateOf, textOf } from './held-engine.js'

describe('a failed write over an engine', () => {
  it('poisons the log: writes are refused, reads go on over what was shown', async () => {
    const { engine, log } = await openHeld()
    const first = log.accept(proposal(0, 1))
    await engine.succeedAll()
    await first
    const failing = log.accept(proposal(1, 1))
    failing.catch(() => undefined)
    await engine.fail(new Error('EIO'))
    expect(await stateOf(failing)).to.equal('PLOG_IO')
    expect(log.status.state).to.equal('poisoned')
    const writes = [
      () => log.accept(proposal(2, 1)),
      () => log.commit({ slot: 0, ballot: ballot(1) }),
      () => log.promise(ballot(3)),
      () => log.discard({ from: 0 }),
      () => log.flush(),
      () => log.compact({ before: 0 }),
      () => log.configuration.store('a', { version: 1, value: Buffer.alloc(0) }),
      () => log.checkpoints.store(0, Buffer.alloc(0)),
    ]
    for (const write of writes) expect(await stateOf(write())).to.equal('PLOG_POISONED')
    expect(textOf(await log.readAccepted(0))).to.equal('v')
    expect(log.bounds().acceptedCount).to.equal(1)
    expect(await log.readAccepted(1)).to.equal(undefined)
    expect(await stateOf(log.close())).to.equal('PLOG_POISONED')
    expect(log.status.state).to.equal('closed')
    expect(engine.closed).to.equal(true)
  })
})

describe('a close that fails over an engine', () => {
  it('rejects with a typed error', async () => {
    const { engine, log } = await openHeld()
    engine.close = () => Promise.reject(new Error('EIO'))
    expect(await stateOf(log.close())).to.equal('PLOG_IO')
    expect(log.status.state).to.equal('closed')
  })

  it('says that the log was poisoned where that is why', async () => {
    const { engine, log } = await openHeld()
    const failing = stateOf(log.accept(proposal(0, 1)))
    await engine.fail(new Error('EIO'))
    await failing
    engine.close = () => Promise.reject(new Error('EBADF'))
    expect(await stateOf(log.close())).to.equal('PLOG_POISONED')
  })
})

describe('a failed write that another one waits for', () => {
  for (const first of ['process-crash', 'power-loss'] as const) {
    it(`is told to the callers alone when the write of ${first} fails first`, async () => {
      const unhandled: unknown[] = []
      const listener = (reason: unknown): void => void unhandled.push(reason)
      const others = process.listeners('unhandledRejection')
      process.removeAllListeners('unhandledRejection').on('unhandledRejection', listener)
      try {
        const { engine, log } = await openHeld()
        const strong = stateOf(log.promise(ballot(1)))
        const weak = stateOf(log.accept(proposal(3, 1), { survives: 'process-crash' }))
        if (first === 'process-crash') engine.held.reverse()
        await engine.fail(new Error('EIO'))
        await engine.fail(new Error('EIO'))
        await Promise.all([strong, weak])
        expect(unhandled).to.deep.equal([])
      } finally {
        process.removeListener('unhandledRejection', listener)
        for (const other of others) process.on('unhandledRejection', other)
      }
    })
  }
})

describe('a failed read over an engine', () => {
  it('is refused by a code, wherever a call has to look at what is stored; nothing is poisoned', async () => {
    const { engine, log } = await openHeld()
    const stored = [log.accept(proposal(0, 1)), log.learn(proposal(1, 1))]
    await engine.succeedAll()
    await Promise.all(stored)
    const read = engine.read.bind(engine)
    engine.read = () => {
      throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })
    }
    const reads = [
      () => log.read(1),
      () => log.readAccepted(0),
      () => log.decisions().nextBatch(),
      () => log.accept(proposal(0, 1, 'other')),
      () => log.learn(proposal(1, 2, 'other')),
    ]
    for (const call of reads) expect(await stateOf(call())).to.equal('PLOG_IO')
    engine.read = read
    expect(textOf(await log.read(1))).to.equal('v')
    expect(log.status.state).to.equal('open')
  })
})
