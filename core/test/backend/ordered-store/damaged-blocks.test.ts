import { expect } from 'chai'
import { blockKey, parseKey, slotKey } from '../../../src/backend/ordered-store/key-layout.js'
import { ArrayStore } from '../../support/array-store.js'
import { rejection } from '../../support/rejections.js'
import { ballot, openStore, text } from './open-store.js'
import { decision, decisions, expectHeld, held, learned, open, rot, sorted } from './packed-store.js'

describe('a block that goes bad', () => {
  it('is located slot for slot, put away by a salvage, and repaired by learning', async () => {
    for (const [from, to] of [
      [0, 4],
      // Above a gap nobody knows by the end of the contiguous part what is missing.
      [2, 6],
    ] as const) {
      const store = await learned(from, to)
      rot(store, blockKey(from, to - from))
      const error = await rejection('PLOG_CORRUPTED', () => open(store.crashed()))
      expect(error.context.slots).to.deep.equal({ from, to })
      let log = await open(store, { recovery: 'salvage' })
      expect(log.recovery.damaged.map(({ slots }) => slots)).to.deep.equal([{ from, to }])
      expect(log.bounds()).to.deep.include({ damagedCount: 4, committedCount: 0 })
      expect(log.status.votesLost).to.equal(false)
      expect(held(store)).to.deep.equal([])
      await log.learn(decision(from + 1))
      await log.learnAll([decision(from), decision(from + 2), decision(from + 3)])
      await expectHeld(log, from, to)
      await log.close()
      log = await open(store.crashed())
      expect(log.recovery.damaged).to.deep.equal([])
      await expectHeld(log, from, to)
      await log.close()
    }
  })

  it('while the log is open is noticed by the first read, and repaired slot by slot', async () => {
    const store = await learned(0, 4)
    const log = await open(store)
    rot(store, blockKey(0, 4))
    for (const slot of [0, 1, 2]) await rejection('PLOG_CORRUPTED', () => log.read(slot))
    await log.learn(decision(1))
    await log.learnAll([decision(0), decision(2)])
    await expectHeld(log, 0, 3)
    await rejection('PLOG_CORRUPTED', () => log.read(3))
    expect(await log.verify()).to.deep.include({ ok: false, slots: 4 })
    // Dead in between: what is left of the block is still told of, and nothing else.
    const error = await rejection('PLOG_CORRUPTED', () => open(store.crashed()))
    expect(error.context.slots).to.deep.equal({ from: 3, to: 4 })
    await log.learn(decision(3))
    expect(held(store)).to.deep.equal(['0', '1', '2', '3'])
    await log.close()
    const again = await open(store.crashed())
    await expectHeld(again, 0, 4)
    await again.close()
  })

  it('is noticed by a verification although it was read before, and by every read after that', async () => {
    const store = await learned(0, 4)
    const log = await open(store)
    await expectHeld(log, 0, 4)
    rot(store, blockKey(0, 4))
    const report = await log.verify()
    expect(report.damaged.map(({ slots }) => slots)).to.deep.equal([{ from: 0, to: 4 }])
    for (const slot of [0, 3]) await rejection('PLOG_CORRUPTED', () => log.read(slot))
    await log.close()
  })

  it('and is whole again beside a repair changes nothing', async () => {
    const store = await learned(0, 4)
    const whole = store.crashed()
    let log = await open(store)
    rot(store, blockKey(0, 4))
    for (const slot of [0, 2]) {
      await rejection('PLOG_CORRUPTED', () => log.read(slot))
      await log.learn(decision(slot))
    }
    await log.close()
    const block = whole.pairs.find(({ key }) => parseKey(key).kind === 'block')!
    const healed = sorted([...store.pairs.filter(({ key }) => parseKey(key).kind !== 'block'), block])
    log = await open(healed)
    expect(log.bounds()).to.deep.include({ contiguousTo: 4, committedCount: 4 })
    await expectHeld(log, 0, 4)
    expect(await log.verify()).to.deep.include({ ok: true, slots: 4 })
    await log.compact({ before: 4, withoutCheckpoint: true })
    expect(held(healed)).to.deep.equal([])
    await log.close()
  })

  it('and reaches below the point is gone when what is above it was repaired, before or after the point moved', async () => {
    for (const isRepairedFirst of [false, true]) {
      const store = await learned(0, 8)
      const log = await open(store)
      const compact = () => log.compact({ before: 5, withoutCheckpoint: true })
      if (!isRepairedFirst) await compact()
      rot(store, blockKey(0, 8))
      expect((await log.verify()).ok).to.equal(false)
      for (let slot = isRepairedFirst ? 4 : 5; slot < 8; slot++) {
        await rejection('PLOG_CORRUPTED', () => log.read(slot))
        await log.learn(decision(slot))
      }
      if (isRepairedFirst) {
        expect(held(store)).to.deep.equal(['0+8', '4', '5', '6', '7'])
        await compact()
      }
      expect(held(store)).to.deep.equal(['5', '6', '7'])
      expect(await log.verify()).to.deep.include({ ok: true, slots: 3 })
      await log.close()
      const again = await open(store.crashed())
      await expectHeld(again, 5, 8)
      await again.close()
    }
  })

  it('is no damage where a crash left it between a compaction and its clean-up', async () => {
    const store = await learned(0, 8)
    const log = await open(store)
    rot(store, blockKey(0, 8))
    for (let slot = 4; slot < 8; slot++) {
      await rejection('PLOG_CORRUPTED', () => log.read(slot))
      await log.learn(decision(slot))
    }
    store.failFrom = store.writes.length + 1
    await rejection('PLOG_IO', () => log.compact({ before: 5, withoutCheckpoint: true }))
    const crashed = store.crashed()
    expect(held(crashed)).to.deep.equal(['0+8', '4', '5', '6', '7'])
    const again = await open(crashed)
    expect(again.recovery.damaged).to.deep.equal([])
    await expectHeld(again, 5, 8)
    expect(held(crashed)).to.deep.equal(['5', '6', '7'])
    await again.close()
    await rejection('PLOG_POISONED', () => log.close())
  })

  it('and has another length than when it was verified is not taken in', async () => {
    const store = new ArrayStore()
    const log = await openStore(store)
    const firsts = Array.from({ length: 3_000 }, (_, index) => 3 * index)
    await log.learnAll(firsts.flatMap((first) => decisions(first, first + 2)))
    for (const first of firsts) expect(text((await log.read(first))?.value)).to.equal(`value ${first}`)
    store.pairs = store.pairs.map(({ key, value }) =>
      Buffer.compare(key, blockKey(0, 2)) === 0
        ? { key, value: new Uint8Array(3_000).fill(9) }
        : { key, value },
    )
    await rejection('PLOG_CORRUPTED', () => log.read(0))
    for (const first of firsts.slice(1))
      expect(text((await log.read(first))?.value)).to.equal(`value ${first}`)
    await log.close()
  })

  it('is not what repairs a slot whose own record is unreadable', async () => {
    const store = new ArrayStore()
    let log = await openStore(store)
    for (const slot of [0, 1, 2]) await log.learn(decision(slot))
    await log.close()
    for (const slot of [0, 1]) rot(store, slotKey(slot))
    log = await open(store.crashed(), { recovery: 'salvage' })
    await log.close()
    const salvaged = store.crashed()
    log = await open(salvaged, { recovery: 'salvage' })
    await log.learnAll(decisions(0, 2))
    expect(held(salvaged)).to.deep.equal(['0', '1', '2'])
    await log.close()
    log = await open(salvaged.crashed())
    await expectHeld(log, 0, 3)
    await log.close()
  })

  it('or is missing is noticed', async () => {
    const store = await learned(0, 4)
    const missing = sorted(store.pairs.filter(({ key }) => parseKey(key).kind !== 'block'))
    const error = await rejection('PLOG_CORRUPTED', () => open(missing))
    expect(error.context.slots).to.deep.equal({ from: 0, to: 4 })
  })
})

describe('a block that lies where it does not belong', () => {
  it('goes where its slots are in another', async () => {
    const store = await learned(0, 8)
    const [block] = store.pairs.filter(({ key }) => parseKey(key).kind === 'block')
    for (const key of [blockKey(2, 4), blockKey(100, 8), Uint8Array.of(0x77)]) {
      const damaged = sorted([...store.crashed().pairs, { key, value: block!.value }])
      await rejection('PLOG_CORRUPTED', () => open(damaged.crashed()))
      const log = await open(damaged, { recovery: 'salvage' })
      await expectHeld(log, 0, 8)
      expect(log.bounds()).to.deep.include({ nextSlot: 8, damagedCount: 0 })
      await log.close()
      expect(held(damaged)).to.deep.equal(['0+8'])
      await (await open(damaged.crashed())).close()
    }
  })

  it('goes where it is whole, and another block has its slots', async () => {
    const stale = (await learned(2, 6)).pairs.filter(({ key }) => parseKey(key).kind === 'block')
    const damaged = sorted([...(await learned(0, 8)).pairs, ...stale])
    await rejection('PLOG_CORRUPTED', () => open(damaged.crashed()))
    const log = await open(damaged, { recovery: 'salvage' })
    await expectHeld(log, 0, 8)
    await log.close()
    expect(held(damaged)).to.deep.equal(['0+8'])
  })

  it('is put back where nothing else holds its slots, and loses nothing', async () => {
    const store = await learned(0, 8)
    const block = store.pairs.find(({ key }) => parseKey(key).kind === 'block')!
    const others = store.pairs.filter((pair) => pair !== block)
    for (const key of [blockKey(0, 9), blockKey(2 ** 40, 8), slotKey(3), Uint8Array.of(0x77)]) {
      const moved = sorted([...others, { key, value: block.value }])
      await rejection('PLOG_CORRUPTED', () => open(moved.crashed()))
      const log = await open(moved, { recovery: 'salvage' })
      await expectHeld(log, 0, 8)
      expect(log.bounds()).to.deep.include({ nextSlot: 8, damagedCount: 0 })
      await log.close()
      expect(held(moved)).to.deep.equal(['0+8'])
      await (await open(moved.crashed())).close()
    }
  })

  it('goes where it is behind the end of the log', async () => {
    const long = await learned(0, 8)
    const short = new ArrayStore()
    const log = await openStore(short)
    await log.promise(ballot(1))
    await log.learn(decision(0))
    await log.learn(decision(1))
    await log.close()
    const stale = long.pairs.filter(({ key }) => parseKey(key).kind === 'block')
    const damaged = sorted([...short.crashed().pairs, ...stale])
    await rejection('PLOG_CORRUPTED', () => open(damaged.crashed()))
    const salvaged = await open(damaged, { recovery: 'salvage' })
    await expectHeld(salvaged, 0, 2)
    await salvaged.close()
    expect(held(damaged)).to.deep.equal(['0', '1'])
    const again = await open(damaged.crashed())
    expect(again.bounds().nextSlot).to.equal(2)
    await again.close()
  })

  it('does not let a proposal of before come back beside it', async () => {
    const store = new ArrayStore()
    const log = await openStore(store)
    await log.accept(decision(1, 'proposal 1'))
    await log.accept(decision(0, 'proposal 0'))
    const old = store.crashed().pairs.filter(({ key }) => parseKey(key).kind === 'slot')
    await log.discard({ from: 0 })
    await log.learnAll(decisions(0, 3))
    expect(held(store)).to.deep.equal(['0+3'])
    await log.close()
    for (const slot of [0, 1]) {
      const stale = old.filter(({ key }) => Buffer.compare(key, slotKey(slot)) === 0)
      const damaged = sorted([...store.crashed().pairs, ...stale])
      await rejection('PLOG_CORRUPTED', () => open(damaged.crashed()))
      const salvaged = await open(damaged, { recovery: 'salvage' })
      await expectHeld(salvaged, 0, 3)
      expect(salvaged.bounds()).to.deep.include({ acceptedCount: 0, damagedCount: 0 })
      expect(salvaged.status.votesLost).to.equal(false)
      await salvaged.close()
      expect(held(damaged)).to.deep.equal(['0+3'])
      await (await open(damaged.crashed())).close()
    }
  })
})
