import { expect } from 'chai'
import type { Decision, PersistentLog } from '../../src/contract/index.js'
import { recover, type RecoveryProgress, type StateMachine } from '../../src/recovery/index.js'
import { openMemory } from '../support/memory-engine.js'
import { rejection } from '../support/rejections.js'
import { learn } from '../support/values.js'
import { Recorder, slots, storeCheckpoint, upTo } from './recorder.js'

describe('recover', () => {
  let log: PersistentLog
  beforeEach(async () => void ({ log } = await openMemory()))
  const checkpoint = (slot: number) => storeCheckpoint(log, slot)

  it('of an empty log does nothing', async () => {
    const machine = new Recorder()
    const report = await recover(log, machine)
    expect(report).to.deep.include({ replayed: 0, skipped: 0, from: 0, to: 0, damagedCheckpoints: [] })
    expect(report.checkpoint).to.equal(undefined)
    expect(report.stoppedBy).to.equal(undefined)
    expect(machine.batches).to.deep.equal([])
  })

  it('replays everything in slot order when there is no checkpoint', async () => {
    await learn(log, 3, 1, 0, 2)
    const machine = new Recorder()
    const report = await recover(log, machine)
    expect(machine.state).to.deep.equal(upTo(4))
    expect(report).to.deep.include({ replayed: 4, from: 0, to: 4 })
    expect(report.tookMs).to.be.at.least(0)
  })

  it('restores the newest checkpoint and replays only what follows it', async () => {
    await learn(log, ...slots(10))
    await checkpoint(3)
    await checkpoint(7)
    const machine = new Recorder()
    const report = await recover(log, machine)
    expect(machine.restores).to.deep.equal([7])
    expect(machine.batches).to.deep.equal([3])
    expect(machine.state).to.deep.equal(upTo(10))
    expect(report).to.deep.include({ replayed: 3, from: 7, to: 10 })
    expect(report.checkpoint?.slot).to.equal(7)
  })

  it('restores a checkpoint that nothing follows', async () => {
    await learn(log, ...slots(4))
    await checkpoint(4)
    await log.compact({ before: 4 })
    const machine = new Recorder()
    const report = await recover(log, machine)
    expect(machine.state).to.deep.equal(upTo(4))
    expect(report).to.deep.include({ replayed: 0, from: 4, to: 4 })
  })

  it('goes on from where the machine stands, and after a failure in the middle', async () => {
    await learn(log, ...slots(10))
    await checkpoint(2)
    let failsAt: number | undefined = 6
    const machine = new (class extends Recorder {
      override apply(decisions: readonly Decision[]): void {
        if (decisions.some(({ slot }) => slot === failsAt)) throw new Error('disk full')
        super.apply(decisions)
      }
      appliedTo(): number {
        return this.state.length
      }
    })()
    let seen: unknown
    await recover(log, machine, { batchLength: 2 }).catch((error: unknown) => (seen = error))
    expect(seen).to.have.property('message', 'disk full')
    expect(machine.appliedTo()).to.equal(6)
    failsAt = undefined
    const report = await recover(log, machine, { batchLength: 2 })
    expect(report).to.deep.include({ from: 6, to: 10, replayed: 4 })
    expect(report.checkpoint).to.equal(undefined)
    expect(machine.restores).to.deep.equal([2])
    expect(machine.state).to.deep.equal(upTo(10))
    expect(await recover(log, machine)).to.deep.include({ from: 10, to: 10, replayed: 0 })
  })

  it('restores a checkpoint that is ahead of the machine', async () => {
    await learn(log, ...slots(10))
    await checkpoint(7)
    const machine = Object.assign(new Recorder(), { appliedTo: () => 3 })
    expect(await recover(log, machine)).to.deep.include({ from: 7, replayed: 3 })
  })

  it('recovers the state as of a slot from the newest checkpoint at or below it', async () => {
    await learn(log, ...slots(10))
    await checkpoint(3)
    await checkpoint(7)
    const machine = new Recorder()
    const report = await recover(log, machine, { range: { to: 5 } })
    expect(machine.restores).to.deep.equal([3])
    expect(machine.state).to.deep.equal(upTo(5))
    expect(report).to.deep.include({ from: 3, to: 5 })
    expect(report.stoppedBy).to.equal(undefined)
  })

  it('replays an explicit range without a checkpoint', async () => {
    await learn(log, ...slots(10))
    await checkpoint(7)
    const machine = new Recorder()
    await recover(log, machine, { range: { from: 4, to: 6 } })
    expect(machine.restores).to.deep.equal([])
    expect(machine.state).to.deep.equal(upTo(6, 4))
  })

  it('refuses an explicit range that begins below the point', async () => {
    await learn(log, ...slots(6))
    await log.compact({ before: 4, withoutCheckpoint: true })
    const error = await rejection('PLOG_COMPACTED', () =>
      recover(log, new Recorder(), { range: { from: 3 } }),
    )
    expect(error.context).to.deep.include({ slot: 3, compactedBefore: 4 })
  })

  it('hands out batches of the length asked for and reports its progress', async () => {
    await learn(log, ...slots(7))
    await checkpoint(2)
    const seen: RecoveryProgress[] = []
    const machine = new Recorder()
    await recover(log, machine, { batchLength: 2, onProgress: (progress) => seen.push(progress) })
    expect(machine.batches).to.deep.equal([2, 2, 1])
    expect(seen.map(({ replayed, at, to }) => [replayed, at, to])).to.deep.equal([
      [0, 2, 7],
      [2, 4, 7],
      [4, 6, 7],
      [5, 7, 7],
    ])
    expect(seen[0]?.checkpoint?.slot).to.equal(2)
  })

  it('stops between batches when it is aborted', async () => {
    await learn(log, ...slots(6))
    const controller = new AbortController()
    const reason = new Error('shut down')
    const machine = new (class extends Recorder {
      override apply(decisions: readonly Decision[]): void {
        super.apply(decisions)
        controller.abort(reason)
      }
    })()
    let seen: unknown
    await recover(log, machine, { batchLength: 2, signal: controller.signal }).catch(
      (error: unknown) => (seen = error),
    )
    expect(seen).to.equal(reason)
    expect(machine.state).to.deep.equal(upTo(2))
  })

  it('does nothing when it was aborted before', async () => {
    await learn(log, 0)
    let seen: unknown
    const signal = AbortSignal.abort(new Error('early'))
    await recover(log, new Recorder(), { signal }).catch((error: unknown) => (seen = error))
    expect(seen).to.have.property('message', 'early')
  })

  it("rejects options that are programmer's mistakes", async () => {
    const outcome = async (options: object): Promise<unknown> =>
      recover(log, new Recorder(), options).catch((error: unknown) => error)
    expect(await outcome({ gaps: 'ignore' })).to.be.instanceOf(TypeError)
    expect(await outcome({ range: { from: -1 } })).to.be.instanceOf(RangeError)
    expect(await outcome({ range: { to: 1.5 } })).to.be.instanceOf(RangeError)
  })

  it('rejects when a compaction overtakes it', async () => {
    await learn(log, ...slots(8))
    const overtaken: StateMachine = {
      restore: () => {},
      apply: async () => void (await log.compact({ before: 8, withoutCheckpoint: true })),
    }
    await rejection('PLOG_COMPACTED', () => recover(log, overtaken, { batchLength: 2 }))
  })

  it('replays a log that begins at 1, and tells it from one that was compacted', async () => {
    const { log: raft } = await openMemory({ firstSlot: 1 })
    await learn(raft, 1, 2)
    expect(await recover(raft, new Recorder())).to.deep.include({ replayed: 2, from: 1, to: 3 })
    await raft.compact({ before: 2, withoutCheckpoint: true })
    await rejection('PLOG_CHECKPOINT_REQUIRED', () => recover(raft, new Recorder()))
  })
})
