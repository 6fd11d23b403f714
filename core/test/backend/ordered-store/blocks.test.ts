import { expect } from 'chai'
import { blockKey, parseKey } from '../../../src/backend/ordered-store/key-layout.js'
import type { PersistentLog } from '../../../src/contract/persistent-log.js'
import { ArrayStore } from '../../support/array-store.js'
import { rejection } from '../../support/rejections.js'
import { ballot, bytes, openStore, text } from './open-store.js'
import { decision, decisions, expectHeld, held, learned, open, rot, SLOT_AT } from './packed-store.js'

describe('decisions that come together in an ordered store', () => {
  it('share a record, 32 of them at most, and are read one by one', async () => {
    const store = new ArrayStore()
    const log = await openStore(store)
    await log.learnAll(decisions(3, 100))
    expect(held(store)).to.deep.equal(['3+32', '35+32', '67+32', '99'])
    await expectHeld(log, 3, 100)
    expect((await log.verify()).ok).to.equal(true)
    await log.close()
    const again = await open(store.crashed())
    expect(again.recovery).to.deep.include({ decisions: 97, damaged: [] })
    expect(again.bounds()).to.deep.include({ contiguousTo: 0, nextSlot: 100, committedCount: 97 })
    await expectHeld(again, 3, 100)
    const report = await again.verify()
    expect(report).to.deep.include({ ok: true, slots: 97 })
    await again.close()
  })

  it('share it too when they came by calls of their own', async () => {
    const store = new ArrayStore()
    const log = await openStore(store)
    await Promise.all(decisions(0, 5).map((one) => log.learn(one)))
    expect(held(store)).to.deep.equal(['0+5'])
    await expectHeld(log, 0, 5)
    await log.close()
  })

  it('fill no record beyond 2,000 bytes', async () => {
    const store = new ArrayStore()
    const log = await openStore(store)
    await log.learnAll(decisions(0, 6).map(({ slot }) => decision(slot, 'x'.repeat(650))))
    await log.learn(decision(6, 'y'.repeat(5_000)))
    await log.learnAll([decision(7, ''), decision(8, '')])
    expect(held(store)).to.deep.equal(['0+3', '3+3', '6', '7+2'])
    for (const { key, value } of store.pairs)
      if (parseKey(key).kind === 'block') expect(value.length).to.be.at.most(2_000)
    expect((await log.read(4))?.value.length).to.equal(650)
    expect((await log.read(6))?.value.length).to.equal(5_000)
    expect((await log.read(8))?.value.length).to.equal(0)
    await log.close()
  })

  it('have records of their own where ballots differ, a proof comes with them, a slot is missing or was accepted', async () => {
    const store = new ArrayStore()
    const log = await openStore(store)
    await log.accept({ ...decision(6), ballot: ballot(7) })
    await log.learnAll([
      ...decisions(0, 2),
      { ...decision(2), ballot: ballot(2) },
      { ...decision(3), ballot: ballot(2) },
      { ...decision(4), ballot: ballot(2), proof: bytes('proof') },
      decision(5),
      decision(6),
      decision(7),
      ...decisions(9, 11),
    ])
    expect(held(store)).to.deep.equal(['0+2', '2+2', '4', '5', '6', '7', '9+2'])
    const seen = async (of: PersistentLog) => {
      const found: unknown[] = []
      for await (const { slot, ballot: by, value, proof } of of.decisions())
        found.push([slot, by.round, text(value), text(proof)])
      return found
    }
    const expected = [0, 1, 2, 3, 4, 5, 6, 7, 9, 10].map((slot) => [
      slot,
      [2, 3, 4].includes(slot) ? 2 : 1,
      `value ${slot}`,
      slot === 4 ? 'proof' : undefined,
    ])
    expect(await seen(log)).to.deep.equal(expected)
    await log.close()
    const again = await open(store.crashed())
    expect(await seen(again)).to.deep.equal(expected)
    await again.close()
  })

  it('are answered as they are decided: the same again is a no-op, another value a conflict', async () => {
    const store = new ArrayStore()
    const log = await openStore(store)
    await log.learnAll(decisions(0, 4))
    const before = held(store)
    await log.learn(decision(2))
    await log.learnAll(decisions(1, 3))
    expect(held(store)).to.deep.equal(before)
    await rejection('PLOG_ALREADY_COMMITTED', () => log.learn(decision(2, 'another')))
    await log.close()
  })

  it('are lent as a copy that is the reader’s to spoil, and stay as they are while they are lent', async () => {
    const log = await openStore(new ArrayStore())
    await log.learnAll([...decisions(0, 4), decision(4, 'a longer value')])
    const reads = log.borrowedReads ?? expect.fail('no borrowed reads')
    for (let again = 0; again < 3; again++) {
      expect(reads.read(1, text)).to.equal('value 1')
      reads.read(1, (view) => view.fill(0))
    }
    const seen = reads.read(1, (view) => {
      const nested = [reads.read(2, text), reads.read(4, text), reads.read(1, text)]
      return [text(view), ...nested]
    })
    expect(seen).to.deep.equal(['value 1', 'value 2', 'a longer value', 'value 1'])
    await log.close()
  })
})

describe('a compaction of blocks', () => {
  it('leaves the one that reaches above the point, until the point has passed it', async () => {
    const store = new ArrayStore()
    let log = await openStore(store)
    for (const from of [0, 4, 8]) await log.learnAll(decisions(from, from + 4))
    await log.compact({ before: 6, withoutCheckpoint: true })
    expect(held(store)).to.deep.equal(['4+4', '8+4'])
    await rejection('PLOG_COMPACTED', () => log.read(5))
    await expectHeld(log, 6, 12)
    expect(await log.verify()).to.deep.include({ ok: true, slots: 6 })
    await log.close()
    log = await open(store.crashed())
    expect(log.bounds()).to.deep.include({ compactedBefore: 6, contiguousTo: 12, committedCount: 6 })
    await expectHeld(log, 6, 12)
    await log.close()
    const copy = store.crashed()
    log = await open(copy)
    await log.compact({ before: 8, withoutCheckpoint: true })
    expect(held(copy)).to.deep.equal(['8+4'])
    await log.compact({ before: 12, withoutCheckpoint: true })
    expect(held(copy)).to.deep.equal([])
    await log.close()
  })

  it('is finished by the next open where a crash cut its clean-up off', async () => {
    const store = new ArrayStore()
    const log = await openStore(store)
    for (const from of [0, 4, 8]) await log.learnAll(decisions(from, from + 4))
    store.failFrom = store.writes.length + 1
    await rejection('PLOG_IO', () => log.compact({ before: 10, withoutCheckpoint: true }))
    const crashed = store.crashed()
    expect(held(crashed)).to.deep.equal(['0+4', '4+4', '8+4'])
    // What is below the point may be rotten, and still goes.
    for (const first of [0, 4]) rot(crashed, blockKey(first, 4), SLOT_AT)
    const again = await open(crashed)
    expect(held(crashed)).to.deep.equal(['8+4'])
    await expectHeld(again, 10, 12)
    await again.close()
    await rejection('PLOG_POISONED', () => log.close())
  })

  it('deletes the record of a slot that was repaired, and the block around it', async () => {
    const store = await learned(0, 4)
    const log = await open(store)
    rot(store, blockKey(0, 4))
    await rejection('PLOG_CORRUPTED', () => log.read(1))
    await log.learn(decision(1))
    expect(held(store)).to.deep.equal(['0+4', '1'])
    await log.compact({ before: 4, withoutCheckpoint: true })
    expect(held(store)).to.deep.equal([])
    await log.close()
  })
})
