import { expect } from 'chai'
import { Ledger } from '../../src/backend/index.js'
import type { CheckpointInfo, Decision, PersistentLog } from '../../src/contract/index.js'
import { recover, type RecoveryProgress, type StateMachine } from '../../src/recovery/index.js'
import { openMemory, type MemoryEngine } from '../support/memory-engine.js'
import { rejection } from '../support/rejections.js'
import { ballot, bytes, learn, text } from '../support/values.js'

/** Its state is the list of what it was fed. */
class Recorder implements StateMachine {
  state: string[] = []
  restores: number[] = []
  batches: number[] = []

  async restore({ slot }: CheckpointInfo, content: AsyncIterable<Uint8Array>): Promise<void> {
    this.restores.push(slot)
    this.state = []
    let all = ''
    for await (const chunk of content) all += text(chunk)
    this.state = all.split(',')
  }

  apply(decisions: readonly Decision[]): void {
    this.batches.push(decisions.length)
    this.state.push(...decisions.map(({ value }) => text(value)))
  }
}

const upTo = (to: number, from = 0): string[] => Array.from({ length: to - from }, (_, i) => `v${from + i}`)
const slots = (to: number, from = 0): number[] => Array.from({ length: to - from }, (_, i) => from + i)

describe('recover', () => {
  let log: PersistentLog
  let engine: MemoryEngine
  beforeEach(async () => void ({ log, engine } = await openMemory()))

  /** Stores the state below a slot, one chunk per decision. */
  const checkpoint = async (slot: number): Promise<CheckpointInfo> => {
    async function* content() {
      for (const [index, value] of upTo(slot).entries()) yield bytes(index === 0 ? value : `,${value}`)
    }
    return log.checkpoints.store(slot, content())
  }
  /** Damages the newest checkpoint that was stored, from a chunk on. */
  const damageNewest = (fromChunk: number): void =>
    void engine.damagedFrom.set([...engine.content.keys()].at(-1)!, fromChunk)

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

  it('falls back to the older checkpoint when the newest is damaged half-way, restoring anew', async () => {
    await learn(log, ...slots(10))
    await checkpoint(3)
    await checkpoint(7)
    damageNewest(5)
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
    damageNewest(1)
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
    damageNewest(0)
    await recover(log, new Recorder())
    const machine = new Recorder()
    const report = await recover(log, machine)
    expect(machine.restores).to.deep.equal([])
    expect(report.damagedCheckpoints.map(({ slot }) => slot)).to.deep.equal([2])
  })

  it('replays from the start when every checkpoint is damaged and nothing was compacted', async () => {
    await learn(log, ...slots(5))
    await checkpoint(2)
    damageNewest(0)
    const machine = new Recorder()
    expect(await recover(log, machine)).to.deep.include({ replayed: 5, from: 0 })
    expect(machine.state).to.deep.equal(upTo(5))
  })

  it('asks for a checkpoint when the only one left lies below the point', async () => {
    await learn(log, ...slots(10))
    await checkpoint(3)
    await checkpoint(7)
    await log.compact({ before: 5 })
    damageNewest(0)
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

  it('replays a log that begins at 1 for a machine whose empty state stands there', async () => {
    const { log: raft } = await openMemory({ firstSlot: 1 })
    await learn(raft, 1, 2)
    await rejection('PLOG_CHECKPOINT_REQUIRED', () => recover(raft, new Recorder()))
    const machine = Object.assign(new Recorder(), { appliedTo: () => 1 })
    expect(await recover(raft, machine)).to.deep.include({ replayed: 2, from: 1, to: 3 })
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

  it('stops at the first undecided slot', async () => {
    await learn(log, 0, 1, 3, 4)
    await log.accept({ slot: 2, ballot: ballot(1), value: bytes('undecided') })
    const machine = new Recorder()
    const report = await recover(log, machine)
    expect(machine.state).to.deep.equal(upTo(2))
    expect(report).to.deep.include({ replayed: 2, skipped: 0, to: 2, stoppedBy: 'gap' })
  })

  it('passes over undecided slots when it is told to', async () => {
    await learn(log, 0, 1, 3, 6)
    await log.accept({ slot: 2, ballot: ballot(1), value: bytes('undecided') })
    const machine = new Recorder()
    const report = await recover(log, machine, { gaps: 'skip' })
    expect(machine.state).to.deep.equal(['v0', 'v1', 'v3', 'v6'])
    expect(report).to.deep.include({ replayed: 4, skipped: 3, to: 7 })
    expect(report.stoppedBy).to.equal(undefined)
  })

  it('stops again behind a checkpoint that lies across a gap', async () => {
    await learn(log, 0, 2, 3, 5)
    await log.checkpoints.store(3, bytes('v0,v2'), { acrossGaps: true })
    const machine = new Recorder()
    const report = await recover(log, machine)
    expect(machine.state).to.deep.equal(['v0', 'v2', 'v3'])
    expect(report).to.deep.include({ from: 3, to: 4, stoppedBy: 'gap' })
  })

  describe('of a log with a damaged slot', () => {
    beforeEach(async () => {
      const ledger = new Ledger(0)
      for (const slot of [0, 1, 3]) ledger.addDecided(slot)
      ledger.addDamage({ from: 2, to: 3 })
      ;({ log, engine } = await openMemory({}, ledger))
      for (const slot of [0, 1, 3]) {
        engine.entries.set(slot, { ballot: ballot(1), value: bytes(`v${slot}`), proof: undefined })
      }
    })

    it('stops before it and says so', async () => {
      const machine = new Recorder()
      const report = await recover(log, machine)
      expect(machine.state).to.deep.equal(upTo(2))
      expect(report).to.deep.include({ to: 2, stoppedBy: 'damage' })
    })

    it('never skips it', async () => {
      const machine = new Recorder()
      await rejection('PLOG_CORRUPTED', () => recover(log, machine, { gaps: 'skip' }))
      expect(machine.state).to.deep.equal(upTo(2))
    })
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
      bounds: () => log.bounds(),
      checkpoints: log.checkpoints,
      gaps: log.gaps.bind(log),
      read: log.read.bind(log),
      decisions: () => log.decisions({ from: 0, to: 2 }),
    }
    const error = await rejection('PLOG_CORRUPTED', () => recover(forgetful, new Recorder()))
    expect(error.context.slot).to.equal(2)
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
})
