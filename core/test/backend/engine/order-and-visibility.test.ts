import { expect } from 'chai'
import { ballot, openHeld, proposal, stateOf, textOf } from './held-engine.js'

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

  it('shows a strong write behind an earlier one that had to wait for a weaker one', async () => {
    const { engine, log } = await openHeld()
    const dropped = log.acceptAll([proposal(5, 1), proposal(6, 1)])
    await engine.succeed()
    await dropped
    const first = [log.accept(proposal(9, 1)), log.accept(proposal(1, 1), { survives: 'process-crash' })]
    const discarded = log.discard({ from: 5, to: 7 })
    await engine.succeed('process-crash')
    const accepted = log.acceptAll([proposal(5, 2), proposal(6, 2)])
    // One flush of the engine has them all.
    for (const write of engine.held.splice(0)) write.succeed()
    await Promise.all([...first, discarded, accepted])
    expect(log.bounds()).to.include({ acceptedCount: 4, damagedCount: 0 })
    for (const slot of [5, 6]) expect(textOf(await log.readAccepted(slot))).to.equal('v')
  })

  it('holds a weaker batch back behind writes that show something, and behind no flush', async () => {
    const { engine, log } = await openHeld()
    const flushed = log.flush()
    const batch = log.acceptAll([proposal(0, 1), proposal(1, 1)], { survives: 'process-crash' })
    await engine.succeed('process-crash')
    expect(await stateOf(batch)).to.equal('resolved')
    expect(await stateOf(flushed)).to.equal('pending')
    await engine.succeedAll()
    await flushed
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
