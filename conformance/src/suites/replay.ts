import { expect } from 'chai'
import { recover, type RecoveryProgress, type StateMachine } from '@persistent-log/core'
import { rejects } from '../running/assertions.js'
import { ballot, bytes, joined, proposal, proposals, text } from '../running/values.js'
import type { Case } from './case.js'

/** A state machine that knows its history: what it restored, then each slot that it applied. */
class History implements StateMachine {
  state = ''
  /** It fails when it is to apply this slot. */
  failsAt: number | undefined
  readonly applied: number[] = []
  #at: number

  constructor(at = 0) {
    this.#at = at
  }

  appliedTo(): number {
    return this.#at
  }

  async restore({ slot }: { readonly slot: number }, content: AsyncIterable<Uint8Array>): Promise<void> {
    this.state = text(await joined(content)) ?? ''
    this.#at = slot
  }

  apply(decisions: readonly { readonly slot: number; readonly value: Uint8Array }[]): void {
    if (decisions.some(({ slot }) => slot === this.failsAt)) throw new Error(`fails at ${this.failsAt}`)
    for (const { slot, value } of decisions) {
      expect(text(value), `the value of slot ${slot}`).to.equal(`value ${slot}.1`)
      this.applied.push(slot)
      this.state += `${slot},`
      this.#at = slot + 1
    }
  }
}

/** Bringing a state machine up to date, over the log under test. */
export const replayCases: readonly Case[] = [
  {
    id: 'rec.replay-stops-at-gap',
    title: 'stops at the first undecided slot, accepted or empty, and goes on when it is decided',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll([0, 1, 2, 4, 7].map((slot) => proposal(slot)))
      await log.accept(proposal(3))
      const machine = new History()
      const report = await recover(log, machine)
      expect(machine.applied).to.deep.equal([0, 1, 2])
      expect(report).to.include({ from: 0, to: 3, replayed: 3, skipped: 0, stoppedBy: 'gap' })
      await log.commit({ slot: 3, ballot: ballot(1) })
      expect(await recover(log, machine)).to.include({ from: 3, to: 5, replayed: 2, stoppedBy: 'gap' })
      await log.learnAll(proposals(5, 2))
      expect(await recover(log, machine)).to.include({ from: 5, to: 8, replayed: 3, stoppedBy: undefined })
      expect(machine.state).to.equal('0,1,2,3,4,5,6,7,')
    },
  },
  {
    id: 'rec.replay-skips-gaps',
    title: 'passes undecided slots where it is told to, and counts them',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll([0, 2, 3, 6].map((slot) => proposal(slot)))
      await log.acceptAll([4, 8].map((slot) => proposal(slot)))
      const machine = new History()
      const report = await recover(log, machine, { gaps: 'skip' })
      expect(machine.applied).to.deep.equal([0, 2, 3, 6])
      expect(report).to.include({ from: 0, to: 9, replayed: 4, skipped: 5, stoppedBy: undefined })
    },
  },
  {
    id: 'rec.replay-behind-gap',
    title: 'goes on from a checkpoint across gaps, in both ways',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll([0, 1, 3, 4, 6].map((slot) => proposal(slot)))
      await log.checkpoints.store(3, bytes('0,1,'), { acrossGaps: true })
      const stopping = new History()
      const report = await recover(log, stopping)
      expect(stopping.state).to.equal('0,1,3,4,')
      expect(report).to.include({ from: 3, to: 5, replayed: 2, stoppedBy: 'gap' })
      expect(report.checkpoint?.slot).to.equal(3)
      const skipping = new History()
      expect(await recover(log, skipping, { gaps: 'skip' })).to.include({ from: 3, to: 7, skipped: 1 })
      expect(skipping.state).to.equal('0,1,3,4,6,')
    },
  },
  {
    id: 'rec.replay-resumes',
    title: 'goes on where the machine stands, also after a failure in the middle, each decision once',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 12))
      await log.checkpoints.store(2, bytes('0,1,'))
      const machine = new History()
      machine.failsAt = 8
      const failed = await recover(log, machine, { batchLength: 2 }).catch((error: Error) => error.message)
      expect(failed).to.equal('fails at 8')
      expect(machine.applied).to.deep.equal([2, 3, 4, 5, 6, 7])
      machine.failsAt = undefined
      const report = await recover(log, machine, { batchLength: 2 })
      expect(report).to.include({ checkpoint: undefined, from: 8, to: 12, replayed: 4 })
      expect(machine.state).to.equal('0,1,2,3,4,5,6,7,8,9,10,11,')
      expect(await recover(log, machine)).to.include({ from: 12, to: 12, replayed: 0 })
    },
  },
  {
    id: 'rec.replay-partial',
    title: 'brings the state to a slot in the past, from the nearest checkpoint',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 10))
      await log.checkpoints.store(3, bytes('0,1,2,'))
      await log.checkpoints.store(8, bytes('0,1,2,3,4,5,6,7,'))
      const machine = new History()
      const report = await recover(log, machine, { range: { to: 6 } })
      expect(machine.state).to.equal('0,1,2,3,4,5,')
      expect(report).to.include({ from: 3, to: 6, replayed: 3 })
      const second = new History()
      await recover(log, second, { range: { from: 4, to: 7 } })
      expect(second.applied).to.deep.equal([4, 5, 6])
      await log.compact({ before: 5 })
      await rejects(recover(log, new History(), { range: { from: 4 } }), 'PLOG_COMPACTED')
      await rejects(recover(log, new History(), { range: { to: 6 } }), 'PLOG_CHECKPOINT_REQUIRED')
    },
  },
  {
    id: 'rec.replay-tells-progress',
    title: 'tells how far it is after the restore and after every batch, up to the end',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 9))
      await log.checkpoints.store(2, bytes('0,1,'))
      const told: RecoveryProgress[] = []
      const onProgress = (progress: RecoveryProgress): void => void told.push(progress)
      await recover(log, new History(), { batchLength: 3, onProgress })
      expect(told.every(({ checkpoint, to }) => checkpoint?.slot === 2 && to === 9)).to.equal(true)
      expect([told[0]?.at, told[0]?.replayed]).to.deep.equal([2, 0])
      expect([told.at(-1)?.at, told.at(-1)?.replayed]).to.deep.equal([9, 7])
      expect(told.length, 'at least three batches').to.be.at.least(4)
      for (const { at, replayed } of told) expect(at - 2).to.equal(replayed)
    },
  },
]
