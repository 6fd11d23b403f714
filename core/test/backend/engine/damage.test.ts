import { expect } from 'chai'
import { Ledger } from '../../../src/backend/engine/ledger.js'
import { ballot, openHeld, proposal, stateOf, textOf } from './held-engine.js'

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

  it('is named by verify, also where the engine has nothing left of it to read', async () => {
    const ledger = new Ledger(0)
    ledger.addDecided(0)
    ledger.addDamage({ from: 2, to: 5 })
    const { engine, log } = await openHeld({}, ledger)
    const named = async (): Promise<unknown> => {
      const { ok, damaged } = await log.verify()
      return [ok, ...damaged.map(({ slots }) => slots)]
    }
    expect(await named()).to.deep.equal([false, { from: 2, to: 5 }])
    const repaired = log.learn(proposal(3, 1))
    await engine.succeedAll()
    await repaired
    expect(await named()).to.deep.equal([false, { from: 2, to: 3 }, { from: 4, to: 5 }])
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

  it('takes nothing for damaged that a failed discard may have dropped', async () => {
    const { engine, log } = await openHeld()
    const accepted = log.accept(proposal(0, 1))
    await engine.succeedAll()
    await accepted
    const discarded = log.discard({ from: 0 })
    discarded.catch(() => undefined)
    engine.entries.delete(0)
    await engine.fail(new Error('EIO'))
    expect(log.status.state).to.equal('poisoned')
    expect(await log.readAccepted(0)).to.equal(undefined)
    expect(log.bounds().damagedCount).to.equal(0)
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
