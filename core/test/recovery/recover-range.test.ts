import { expect } from 'chai'
import type { PersistentLog } from '../../src/contract/index.js'
import { recover } from '../../src/recovery/index.js'
import { openMemory, type MemoryEngine } from '../support/memory-engine.js'
import { rejection } from '../support/rejections.js'
import { learn } from '../support/values.js'
import { damageNewest, Recorder, slots, storeCheckpoint, upTo } from './recorder.js'

describe('recover, up to a slot', () => {
  let log: PersistentLog
  let engine: MemoryEngine
  beforeEach(async () => {
    ;({ log, engine } = await openMemory())
    await learn(log, ...slots(10))
    await storeCheckpoint(log, 3)
  })

  const standing = (at: number) => {
    const machine = Object.assign(new Recorder(), { appliedTo: () => at })
    machine.state = upTo(at)
    return machine
  }

  it('takes a checkpoint at that very slot, although what followed it is gone', async () => {
    await storeCheckpoint(log, 7)
    await log.compact({ before: 7 })
    const machine = new Recorder()
    const report = await recover(log, machine, { range: { to: 3 } })
    expect(machine.state).to.deep.equal(upTo(3))
    expect(report).to.deep.include({ from: 3, to: 3, replayed: 0 })
    expect(report.checkpoint?.slot).to.equal(3)
    expect(report.stoppedBy).to.equal(undefined)
  })

  it('still asks for a checkpoint where a decision below the point is missing', async () => {
    await storeCheckpoint(log, 7)
    await log.compact({ before: 7 })
    for (const to of [2, 4, 6]) {
      const machine = new Recorder()
      await rejection('PLOG_CHECKPOINT_REQUIRED', () => recover(log, machine, { range: { to } }))
      expect(machine.restores).to.deep.equal([])
    }
  })

  it('asks for a checkpoint when the one at that slot is damaged', async () => {
    damageNewest(engine, 1)
    await storeCheckpoint(log, 7)
    await log.compact({ before: 7 })
    const error = await rejection('PLOG_CHECKPOINT_REQUIRED', () =>
      recover(log, new Recorder(), { range: { to: 3 } }),
    )
    expect(error.message).to.include('damaged are those at 3')
  })

  it('does nothing for a machine that stands there, above the point and below it', async () => {
    for (const before of [0, 7]) {
      if (before > 0) await log.compact({ before, withoutCheckpoint: true })
      const machine = standing(5)
      expect(await recover(log, machine, { range: { to: 5 } })).to.deep.include({
        from: 5,
        to: 5,
        replayed: 0,
      })
      expect(machine.state).to.deep.equal(upTo(5))
    }
  })

  it('refuses a machine that stands beyond it, and leaves that as it is', async () => {
    const machine = standing(8)
    let seen: unknown
    await recover(log, machine, { range: { to: 5 } }).catch((error: unknown) => (seen = error))
    expect(seen).to.be.instanceOf(RangeError).with.property('message').that.includes('at least 8')
    expect(machine.restores).to.deep.equal([])
    expect(machine.state).to.deep.equal(upTo(8))
  })

  it('takes the state before the first slot for the empty one', async () => {
    const { log: raft } = await openMemory({ firstSlot: 1 })
    await learn(raft, 1, 2)
    expect(await recover(raft, new Recorder(), { range: { to: 0 } })).to.deep.include({
      from: 1,
      replayed: 0,
    })
  })
})
