import { expect } from 'chai'
import { Ledger } from '../../../src/backend/engine/ledger.js'
import { openHeld, stateOf } from './held-engine.js'

const ballot = (round: number) => ({ round, nodeId: 1 })
const proposal = (slot: number, round: number, text = 'v') => ({
  slot,
  ballot: ballot(round),
  value: Buffer.from(text),
})
const textOf = (entry: { value: Uint8Array } | undefined) => entry && Buffer.from(entry.value).toString()

describe('order and visibility over an engine', () => {
  it('shows nothing before it survives what its write asked', async () => {
    const { engine, log } = await openHeld()
    const accepted = log.accept(proposal(0, 1))
    const promised = log.promise(ballot(2))
    expect(await log.readAccepted(0)).to.equal(undefined)
    expect(log.bounds().acceptedCount).to.equal(0)
    expect(log.promised()).to.equal(undefined)
    expect(await log.uncommitted().nextBatch()).to.equal(undefined)
    await engine.succeedAll()
    await Promise.all([accepted, promised])
    expect(textOf(await log.readAccepted(0))).to.equal('v')
    expect(log.bounds().acceptedCount).to.equal(1)
    expect(log.promised()).to.deep.equal(ballot(2))
  })

  it('judges on effects that are not flushed yet', async () => {
    const { engine, log } = await openHeld()
    const promised = log.promise(ballot(5))
    expect(await stateOf(log.accept(proposal(0, 4)))).to.equal('PLOG_STALE_BALLOT')
    const accepted = log.accept(proposal(0, 5, 'a'))
    const committed = log.commit({ slot: 0, ballot: ballot(5) })
    expect(await stateOf(log.accept(proposal(0, 9, 'b')))).to.equal('PLOG_ALREADY_COMMITTED')
    await engine.succeedAll()
    await Promise.all([promised, accepted, committed])
    expect(textOf(await log.read(0))).to.equal('a')
  })

  it('does not answer a retry before the first write is durable', async () => {
    const { engine, log } = await openHeld()
    const first = log.accept(proposal(0, 1))
    const retry = log.accept(proposal(0, 1))
    expect(engine.held.map((write) => write.effects.length)).to.deep.equal([1, 0])
    expect(await stateOf(retry)).to.equal('pending')
    await engine.succeedAll()
    await Promise.all([first, retry])
  })

  it('lets a weaker write overtake a stronger one of another slot', async () => {
    const { engine, log } = await openHeld()
    const strong = log.accept(proposal(0, 1))
    const weak = log.accept(proposal(1, 1), { survives: 'process-crash' })
    await engine.succeed('process-crash')
    expect(await stateOf(weak)).to.equal('resolved')
    expect(await stateOf(strong)).to.equal('pending')
    expect(log.bounds().acceptedCount).to.equal(1)
    await engine.succeedAll()
  })

  it('never shows a weaker write before a stronger one of its own slot, nor the older version after it', async () => {
    const { engine, log } = await openHeld()
    const strong = log.accept(proposal(0, 1, 'old'))
    const weak = log.accept(proposal(0, 2, 'new'), { survives: 'process-crash' })
    await engine.succeed('process-crash')
    expect(await stateOf(weak)).to.equal('pending')
    expect(await log.readAccepted(0)).to.equal(undefined)
    engine.entries.clear()
    engine.held[0]!.succeed()
    await Promise.all([strong, weak])
    engine.entries.set(0, { ballot: ballot(2), value: Buffer.from('new'), proof: undefined })
    expect(textOf(await log.readAccepted(0))).to.equal('new')
  })

  it('does not show a weaker write before an earlier promise', async () => {
    const { engine, log } = await openHeld()
    const promised = log.promise(ballot(1))
    const weak = log.accept(proposal(3, 1), { survives: 'process-crash' })
    await engine.succeed('process-crash')
    expect(await stateOf(weak)).to.equal('pending')
    await engine.succeedAll()
    await Promise.all([promised, weak])
  })

  it('does not resolve a promise before every earlier accept is shown', async () => {
    const { engine, log } = await openHeld()
    const weak = log.accept(proposal(3, 1), { survives: 'process-crash' })
    const promised = log.promise(ballot(2))
    await engine.succeed('power-loss')
    expect(await stateOf(promised)).to.equal('pending')
    await engine.succeedAll()
    await Promise.all([weak, promised])
    const batch = await log.decisions({}, { includeAccepted: true }).nextBatch()
    expect(batch?.map((entry) => entry.slot)).to.deep.equal([3])
  })

  it('does not answer a weaker retry before the version that it confirms is shown', async () => {
    const { engine, log } = await openHeld()
    const strong = log.accept(proposal(0, 1))
    const retry = log.accept(proposal(0, 1), { survives: 'process-crash' })
    await engine.succeed('process-crash')
    expect(await stateOf(retry)).to.equal('pending')
    await engine.succeedAll()
    await Promise.all([strong, retry])
    expect(textOf(await log.readAccepted(0))).to.equal('v')
  })

  it('resolves a flush when all that was asked for before it is shown, and lets nobody wait for the flush', async () => {
    const { engine, log } = await openHeld()
    const before = log.accept(proposal(0, 1), { survives: 'process-crash' })
    const flushed = log.flush()
    const after = log.accept(proposal(1, 1), { survives: 'nothing' })
    await engine.succeed('power-loss')
    expect(await stateOf(flushed)).to.equal('pending')
    await engine.succeed('nothing')
    expect(await stateOf(after)).to.equal('resolved')
    await engine.succeedAll()
    await Promise.all([before, flushed])
  })

  it('takes nothing for damaged that a discard under way has dropped already', async () => {
    const { engine, log } = await openHeld()
    const accepted = log.accept(proposal(0, 1))
    await engine.succeedAll()
    await accepted
    const discarded = log.discard({ from: 0 })
    // An engine's reads may be ahead of its acknowledgement.
    engine.entries.delete(0)
    expect(await log.readAccepted(0)).to.equal(undefined)
    expect(log.syncReads?.readAccepted(0)).to.equal(undefined)
    expect(await log.uncommitted().nextBatch()).to.equal(undefined)
    await engine.succeedAll()
    await discarded
    expect(log.bounds()).to.include({ damagedCount: 0, acceptedCount: 0 })
    const again = log.accept(proposal(0, 1))
    await engine.succeedAll()
    await again
  })

  it('names the compaction, no damage, where a compaction under way has dropped an entry already', async () => {
    const { engine, log } = await openHeld()
    const learned = log.learn(proposal(0, 1))
    await engine.succeedAll()
    await learned
    const compacted = log.compact({ before: 1, withoutCheckpoint: true })
    await stateOf(compacted)
    engine.entries.delete(0)
    expect(await stateOf(log.read(0))).to.equal('PLOG_COMPACTED')
    expect(await stateOf(log.decisions().nextBatch())).to.equal('PLOG_COMPACTED')
    await engine.succeedAll()
    await compacted
  })

  it('hands out no ballot through which its own could be changed', async () => {
    const { engine, log } = await openHeld()
    const accepted = log.accept(proposal(0, 1))
    await engine.succeedAll()
    await accepted
    const read = await log.readAccepted(0)
    expect(() => Object.assign(read!.ballot, { round: 9 })).to.throw(TypeError)
    const committed = log.commit({ slot: 0, ballot: ballot(1) })
    await engine.succeedAll()
    await committed
  })

  it('copies the bytes of its caller before the call returns', async () => {
    const { engine, log } = await openHeld()
    const value = Buffer.from('mine')
    const accepted = log.accept({ slot: 0, ballot: ballot(1), value })
    value.fill('x')
    await engine.succeedAll()
    await accepted
    expect(textOf(await log.readAccepted(0))).to.equal('mine')
  })
})

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

describe('damage that a read comes across', () => {
  it('does not make the log forget a decision under way in the same slot', async () => {
    const { engine, log } = await openHeld()
    const accepted = log.accept(proposal(0, 1, 'old'))
    await engine.succeedAll()
    await accepted
    const learned = log.learn(proposal(0, 2, 'chosen'))
    engine.entries.set(0, 'damaged')
    expect(await stateOf(log.readAccepted(0))).to.equal('PLOG_CORRUPTED')
    expect(await stateOf(log.learn(proposal(0, 3, 'other')))).to.equal('PLOG_ALREADY_COMMITTED')
    await engine.succeedAll()
    await learned
    expect(textOf(await log.read(0))).to.equal('chosen')
    expect(log.bounds()).to.include({ damagedCount: 0, contiguousTo: 1 })
    const committed = log.commit({ slot: 0, ballot: ballot(2) })
    await engine.succeedAll()
    await committed
  })

  it('makes the slot damaged, not empty, until it is learned again', async () => {
    const { engine, log } = await openHeld()
    const learned = log.learnAll([proposal(0, 1), proposal(1, 1)])
    await engine.succeedAll()
    await learned
    engine.entries.set(0, 'damaged')
    expect(await stateOf(log.read(0))).to.equal('PLOG_CORRUPTED')
    expect(await stateOf(log.accept(proposal(0, 9)))).to.equal('PLOG_CORRUPTED')
    expect(log.bounds()).to.include({ contiguousTo: 0, damagedCount: 1, committedCount: 1, missingCount: 0 })
    expect(await stateOf(log.decisions().nextBatch())).to.equal('PLOG_CORRUPTED')
    const rest = await log.decisions({}, { damaged: 'skip' }).nextBatch()
    expect(rest?.map((entry) => entry.slot)).to.deep.equal([1])
    const repaired = log.learn(proposal(0, 1))
    await engine.succeedAll()
    await repaired
    expect(textOf(await log.read(0))).to.equal('v')
    expect(log.bounds()).to.include({ contiguousTo: 2, damagedCount: 0 })
  })

  it('refuses to discard what may be decided', async () => {
    const ledger = new Ledger(0)
    ledger.addAccepted(0, ballot(1), 1)
    ledger.addDamage({ from: 2, to: 3 })
    const { engine, log } = await openHeld({}, ledger)
    expect(await stateOf(log.discard({ from: 0 }))).to.equal('PLOG_CORRUPTED')
    expect(await stateOf(log.acceptAll([proposal(1, 1)], { discardFrom: 0 }))).to.equal('PLOG_CORRUPTED')
    const named = log.acceptAll([proposal(1, 1), proposal(2, 1)], { discardFrom: 0 })
    expect(await named.catch((error: unknown) => error)).to.have.nested.property('context.index', 1)
    expect(engine.held).to.deep.equal([])
    const below = log.discard({ from: 0, to: 2 })
    await engine.succeedAll()
    expect(await below).to.deep.equal({ discarded: 1, keptCommitted: 0 })
  })

  it('lets learn repair a decided slot whose damage it finds itself', async () => {
    const ledger = new Ledger(0)
    ledger.addDecided(0)
    const { engine, log } = await openHeld({}, ledger)
    const repaired = log.learn(proposal(0, 1))
    await engine.succeedAll()
    await repaired
    expect(textOf(await log.read(0))).to.equal('v')
  })
})

describe('lost votes', () => {
  it('refuse promise and accept until the user accepts the loss; commit and learn go on', async () => {
    const ledger = new Ledger(0)
    ledger.addAccepted(0, ballot(1), 1)
    ledger.votesLost = true
    const { engine, log } = await openHeld({}, ledger)
    engine.entries.set(0, { ballot: ballot(1), value: Buffer.from('v'), proof: undefined })
    expect(log.status.votesLost).to.equal(true)
    expect(await stateOf(log.promise(ballot(2)))).to.equal('PLOG_VOTES_LOST')
    expect(await stateOf(log.accept(proposal(1, 2)))).to.equal('PLOG_VOTES_LOST')
    expect(await stateOf(log.acceptAll([proposal(1, 2)]))).to.equal('PLOG_VOTES_LOST')
    const committed = log.commit({ slot: 0, ballot: ballot(1) })
    const learned = log.learn(proposal(1, 1))
    await engine.succeedAll()
    await Promise.all([committed, learned])
  })
})
