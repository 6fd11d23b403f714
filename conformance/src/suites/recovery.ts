import { expect } from 'chai'
import { join } from 'node:path'
import { recover, type PersistentLog, type StateMachine } from '@persistent-log/core'
import { copyOf, OpeningKills } from '../crash/kill-opening.js'
import { drawMoment, KillRun } from '../crash/kill-run.js'
import type { Operation } from '../crash/operation.js'
import type { Oracle } from '../crash/oracle.js'
import { planWorkload } from '../crash/workload.js'
import { rejects } from '../running/assertions.js'
import type { OpenOrder } from '../running/target.js'
import { ballot, bytes, joined, proposal, proposals, text } from '../running/values.js'
import { needsReopen, type Case } from './case.js'
import { directoryCases } from './directories.js'
import { expectIntact, filled } from './filled-log.js'

/** Cases that start and kill processes, in ms: only what hangs takes so long. */
const KILL_TIMEOUT_MS = 300_000

/** What opening finds after a clean close and after a kill. */
const openingCases: readonly Case[] = [
  {
    id: 'rec.empty-dir',
    title: 'creates a log in a directory that does not exist, parents too, and says so',
    async run(ctx) {
      const log = await ctx.open({ directory: join(ctx.directory, 'some', 'where', 'else') })
      const { tookMs, ...found } = log.recovery
      expect(found).to.deep.equal({
        created: true,
        cleanClose: true,
        decisions: 0,
        accepted: 0,
        tornBytes: 0,
        ambiguous: false,
        damaged: [],
        votesLost: false,
      })
      expect(tookMs).to.be.at.least(0)
      expect(log.bounds()).to.deep.include({
        compactedBefore: 0,
        contiguousTo: 0,
        nextSlot: 0,
        committedCount: 0,
      })
    },
  },
  {
    id: 'rec.report-after-clean-close',
    title: 'reports what it found after a clean close',
    requires: needsReopen,
    async run(ctx) {
      const { bounds } = await filled(ctx)
      const { tookMs, ...found } = (await ctx.open()).recovery
      expect(found).to.deep.equal({
        created: false,
        cleanClose: true,
        decisions: bounds.committedCount,
        accepted: bounds.acceptedCount,
        tornBytes: 0,
        ambiguous: false,
        damaged: [],
        votesLost: false,
      })
      expect(tookMs).to.be.at.least(0)
    },
  },
  {
    id: 'rec.reopen-twice',
    title: 'shows the same however often it is opened and closed',
    requires: needsReopen,
    async run(ctx) {
      const shown = await filled(ctx)
      for (let time = 0; time < 3; time++) await expectIntact(ctx, shown)
    },
  },
  {
    id: 'rec.first-slot-stays',
    title: 'keeps the first slot that it was created with, whatever a later configuration says',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open({ firstSlot: 7 })
      log = await ctx.reopen(log, { firstSlot: 3 })
      expect(log.bounds()).to.include({ compactedBefore: 7, contiguousTo: 7, nextSlot: 7 })
      await rejects(log.learn(proposal(6)), 'PLOG_COMPACTED')
      await log.learn(proposal(7))
    },
  },
  {
    id: 'rec.report-after-kill',
    title: 'reports an unclean end after a kill, and a clean one after the next close',
    requires: needsReopen,
    spawns: true,
    timeoutMs: KILL_TIMEOUT_MS,
    async run(ctx) {
      await new KillRun(ctx).killAfter([acceptOf(0), { ...acceptOf(3), alone: true }])
      let log = await ctx.open()
      expect(log.recovery).to.deep.include({
        created: false,
        cleanClose: false,
        accepted: 2,
        damaged: [],
        votesLost: false,
      })
      log = await ctx.reopen(log)
      expect(log.recovery).to.deep.include({
        created: false,
        cleanClose: true,
        accepted: 2,
        tornBytes: 0,
        ambiguous: false,
      })
    },
  },
  {
    id: 'rec.kill-cycles-keep-growing',
    title:
      'goes on after every kill: holds what it acknowledged, grows, and brings nothing back that was absent',
    requires: needsReopen,
    spawns: true,
    timeoutMs: KILL_TIMEOUT_MS,
    async run(ctx) {
      const run = new KillRun(ctx)
      const cycles = Math.max(2, ctx.budgets.kills / 2)
      for (let cycle = 0; cycle < cycles; cycle++) {
        const count = 20 + ctx.random.below(60)
        const plan = {
          count,
          random: ctx.random,
          capabilities: ctx.capabilities,
          valueLength: 32,
          label: `cycle ${cycle}`,
        }
        // A kill right after opening, too: what the unfinished work of one recovery left is found by the next.
        const isAtOnce = cycle > 0 && ctx.random.below(5) === 0
        const moment = isAtOnce ? { begun: 0, turns: 0 } : drawMoment(ctx.random, count)
        await run.killDuring((base) => planWorkload({ ...plan, base }), moment)
        if (ctx.random.below(3) > 0) continue
        await run.checkHere((state) => sameLengthRecords(state, cycle, plan.valueLength))
        await run.checkHere()
      }
      await run.checkHere()
      await run.checkHere()
      expect(run.state.nextSlot(), 'the log has grown').to.be.at.least(cycles / 2)
      expect(run.verified, 'acknowledged calls that were looked for').to.be.at.least(cycles / 2)
    },
  },
  {
    id: 'rec.crash-during-open',
    title: 'loses nothing when it is killed while it opens, again and again',
    requires: needsReopen,
    spawns: true,
    timeoutMs: KILL_TIMEOUT_MS,
    async run(ctx) {
      const run = new KillRun(ctx)
      const plan = {
        count: 60,
        random: ctx.random,
        capabilities: ctx.capabilities,
        valueLength: 300,
        label: 'base',
      }
      await run.killDuring((base) => planWorkload({ ...plan, base }), { begun: 55, turns: 3 })
      const kills = await OpeningKills.like(ctx, await copyOf(ctx, run.order))
      await kills.inTurn(async () => run.order)
      await run.checkHere()
    },
  },
  {
    id: 'rec.crash-during-creation',
    title: 'opens as a new log when it was killed while it was created, again and again',
    requires: needsReopen,
    spawns: true,
    timeoutMs: KILL_TIMEOUT_MS,
    async run(ctx) {
      const another = async (): Promise<OpenOrder> =>
        ctx.order({ directory: join(await ctx.freshDirectory(), 'log') })
      const kills = await OpeningKills.like(ctx, await another())
      await kills.inTurn(another, async ({ config: { directory } }) => {
        const run = new KillRun(ctx, { directory })
        await run.checkHere(() => [acceptOf(0)])
        await run.checkHere()
      })
    },
  },
  {
    id: 'rec.compaction-then-reopen',
    title: 'goes on behind a compaction after reopening, also when it removed everything',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.learnAll(proposals(0, 4))
      await log.checkpoints.store(4, bytes('state'))
      await log.compact({ before: 2 })
      log = await ctx.reopen(log)
      expect(log.bounds()).to.include({ compactedBefore: 2, contiguousTo: 4, nextSlot: 4 })
      await rejects(log.read(1), 'PLOG_COMPACTED')
      await log.compact({ before: 4 })
      log = await ctx.reopen(log)
      expect(log.bounds()).to.include({ compactedBefore: 4, contiguousTo: 4, nextSlot: 4, committedCount: 0 })
      await log.accept(proposal(4))
      await log.commit({ slot: 4, ballot: ballot(1) })
      log = await ctx.reopen(log)
      expect(text((await log.read(4))?.value)).to.equal('value 4.1')
      expect(log.bounds()).to.include({ compactedBefore: 4, contiguousTo: 5, nextSlot: 5 })
    },
  },
  {
    id: 'rec.replay-from-checkpoint',
    title: 'brings a state machine up to date: the newest checkpoint, then exactly what follows it',
    async run(ctx) {
      const log = await ctx.open()
      await log.learnAll(proposals(0, 6))
      await log.checkpoints.store(3, bytes('0,1,2,'))
      await log.learn(proposal(8))
      await expectReplayed(log, { restored: 3, applied: [3, 4, 5], state: '0,1,2,3,4,5,' })
    },
  },
  {
    id: 'rec.replay-after-reopen',
    title: 'brings a state machine up to date after compaction and reopening',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await log.learnAll(proposals(0, 6))
      await log.checkpoints.store(5, bytes('0,1,2,3,4,'))
      await log.compact({ before: 5 })
      log = await ctx.reopen(log)
      await expectReplayed(log, { restored: 5, applied: [5], state: '0,1,2,3,4,5,' })
    },
  },
]

const acceptOf = (slot: number, round = 1): Operation => ({
  kind: 'accept',
  entry: { slot, round, nodeId: 0, value: `accepted ${slot}` },
})

/** Records as long as those that the kill may have torn, where they would lie: nothing behind them may come back. */
function sameLengthRecords(state: Oracle, cycle: number, length: number): Operation[] {
  const value = `after kill ${cycle} `.repeat(length).slice(0, length)
  const round = Math.max(state.promised?.round ?? 0, 1)
  const nodeId = state.promised?.nodeId ?? 0
  const next = state.nextSlot()
  return [0, 1, 2].map((offset) => ({ kind: 'accept', entry: { slot: next + offset, round, nodeId, value } }))
}

interface Replayed {
  readonly restored: number
  readonly applied: readonly number[]
  readonly state: string
}

async function expectReplayed(log: PersistentLog, expected: Replayed): Promise<void> {
  const applied: number[] = []
  let state = ''
  const machine: StateMachine = {
    async restore(_, content) {
      state = text(await joined(content)) ?? ''
    },
    apply(decisions) {
      for (const { slot } of decisions) {
        applied.push(slot)
        state += `${slot},`
      }
    },
  }
  const report = await recover(log, machine)
  expect({ applied, state }).to.deep.equal({ applied: expected.applied, state: expected.state })
  expect(report.checkpoint?.slot).to.equal(expected.restored)
  expect(report).to.include({ replayed: expected.applied.length, from: expected.restored })
}

/** What opening finds, and what it refuses to take for a log. */
export const recoveryCases: readonly Case[] = [...openingCases, ...directoryCases]
