import { expect } from 'chai'
import type { PersistentLog } from '../../src/contract/index.js'
import { recover, type StateMachine } from '../../src/recovery/index.js'
import { openMemory, type MemoryEngine } from '../support/memory-engine.js'
import { rejection } from '../support/rejections.js'
import { learn } from '../support/values.js'
import { damageNewest, Recorder, slots, storeCheckpoint, upTo } from './recorder.js'

describe('recover, over damage', () => {
  let log: PersistentLog
  let engine: MemoryEngine
  beforeEach(async () => void ({ log, engine } = await openMemory()))
  const checkpoint = (slot: number) => storeCheckpoint(log, slot)

  it('falls back to the older checkpoint when the newest is damaged half-way, restoring anew', async () => {
    await learn(log, ...slots(10))
    await checkpoint(3)
    await checkpoint(7)
    damageNewest(engine, 5)
    const machine = new Recorder()
    const report = await recover(log, machine)
    expect(machine.restores).to.deep.equal([7, 3])
    expect(machine.state).to.deep.equal(upTo(10))
    expect(report.checkpoint?.slot).to.equal(3)
    expect(report.damagedCheckpoints.map(({ slot }) => slot)).to.deep.equal([7])
    expect(report).to.deep.include({ replayed: 7, from: 3, to: 10 })
  })

  it('does not trust a machine that swallows the damage', async () => {
    await learn(log, ...slots(4))
    await checkpoint(2)
    damageNewest(engine, 1)
    const machine = new Recorder()
    const report = await recover(log, {
      restore: (info, content) => machine.restore(info, content).catch(() => undefined),
      apply: (decisions) => {
        if (machine.state.length > 0) machine.state = []
        machine.apply(decisions)
      },
    })
    expect(report.checkpoint).to.equal(undefined)
    expect(machine.state).to.deep.equal(upTo(4))
  })

  it('does not even try a checkpoint that is known to be damaged', async () => {
    await learn(log, ...slots(4))
    await checkpoint(2)
    damageNewest(engine, 0)
    await recover(log, new Recorder())
    const machine = new Recorder()
    const report = await recover(log, machine)
    expect(machine.restores).to.deep.equal([])
    expect(report.damagedCheckpoints.map(({ slot }) => slot)).to.deep.equal([2])
  })

  it('replays from the start when every checkpoint is damaged and nothing was compacted', async () => {
    await learn(log, ...slots(5))
    await checkpoint(2)
    damageNewest(engine, 0)
    const machine = new Recorder()
    expect(await recover(log, machine)).to.deep.include({ replayed: 5, from: 0 })
    expect(machine.state).to.deep.equal(upTo(5))
  })

  it('asks for a checkpoint when the only one left lies below the point', async () => {
    await learn(log, ...slots(10))
    await checkpoint(3)
    await checkpoint(7)
    await log.compact({ before: 5 })
    damageNewest(engine, 0)
    const machine = new Recorder()
    const error = await rejection('PLOG_CHECKPOINT_REQUIRED', () => recover(log, machine))
    expect(error.context).to.deep.include({ compactedBefore: 5 })
    expect(error.message).to.include('damaged are those at 7')
    expect(machine.batches).to.deep.equal([])
  })

  it('asks for a checkpoint when the log was compacted without one', async () => {
    await learn(log, ...slots(6))
    await log.compact({ before: 4, withoutCheckpoint: true })
    await rejection('PLOG_CHECKPOINT_REQUIRED', () => recover(log, new Recorder()))
  })

  it("passes the machine's own errors on and tries nothing else", async () => {
    await learn(log, ...slots(4))
    await checkpoint(1)
    await checkpoint(2)
    const failure = new Error('out of memory')
    const calls: number[] = []
    const machine: StateMachine = {
      restore: ({ slot }) => {
        calls.push(slot)
        throw failure
      },
      apply: () => {},
    }
    let seen: unknown
    await recover(log, machine).catch((error: unknown) => (seen = error))
    expect(seen).to.equal(failure)
    expect(calls).to.deep.equal([2])
  })

  it('rejects when a decision turns out to be damaged, after what lies before it', async () => {
    await learn(log, ...slots(4))
    engine.entries.delete(2)
    const machine = new Recorder()
    await rejection('PLOG_CORRUPTED', () => recover(log, machine))
    expect(machine.state).to.deep.equal(upTo(2))
  })

  it('notices a log that leaves a decided slot out', async () => {
    await learn(log, ...slots(3))
    const forgetful = {
      firstSlot: log.firstSlot,
      bounds: () => log.bounds(),
      checkpoints: log.checkpoints,
      gaps: log.gaps.bind(log),
      read: log.read.bind(log),
      decisions: () => log.decisions({ from: 0, to: 2 }),
    }
    const error = await rejection('PLOG_CORRUPTED', () => recover(forgetful, new Recorder()))
    expect(error.context.slot).to.equal(2)
  })
})
