import { expect } from 'chai'
import {
  SURVIVALS,
  survivesAtLeast,
  type Capabilities,
  type PersistentLog,
  type Survival,
} from '@persistent-log/core'
import { KillRun } from '../crash/kill-run.js'
import type { Operation } from '../crash/operation.js'
import { planWorkload } from '../crash/workload.js'
import { rejects } from '../running/assertions.js'
import type { CaseContext } from '../running/case-context.js'
import { dump } from '../running/dump.js'
import { ballot, bytes, proposal, proposals } from '../running/values.js'
import { needsAll, needsReopen, type Case } from './case.js'
import { DURABLE_KINDS, ONE_OF_EACH } from './durable-kinds.js'

/** Cases that start and kill processes, in ms: only what hangs takes so long. */
const KILL_TIMEOUT_MS = 120_000

const strongestOf = ({ survives }: Capabilities): Survival =>
  survivesAtLeast(survives.accept, survives.commit) ? survives.accept : survives.commit

const needsForgetting = ({ survives }: Capabilities): string | undefined =>
  survives.accept === 'nothing' && survives.commit === 'nothing'
    ? undefined
    : `what it acknowledges survives ${survives.accept} (accept) and ${survives.commit} (commit): it must not forget`

const needsWeakerLevel = (capabilities: Capabilities): string | undefined =>
  strongestOf(capabilities) === 'nothing' ? 'there is no level below nothing' : undefined

const needsLevelAbove = ({ survives }: Capabilities): string | undefined =>
  survives.accept === 'machine-loss' && survives.commit === 'machine-loss'
    ? 'there is no level above machine-loss'
    : undefined

const needsAtomicBatches = ({ atomicBatches }: Capabilities): string | undefined =>
  atomicBatches ? undefined : 'its batches are not atomic (atomicBatches is false)'

const above = (level: Survival): Survival[] => SURVIVALS.filter((other) => !survivesAtLeast(level, other))

/** A case that kills a child when the last of some calls is acknowledged, and then finds all of them. */
function killedAfter(id: string, title: string, operations: readonly Operation[], overrides = {}): Case {
  return {
    id,
    title,
    requires: needsReopen,
    spawns: true,
    timeoutMs: KILL_TIMEOUT_MS,
    async run(ctx) {
      const run = new KillRun(ctx, overrides)
      await run.killAfter(operations)
      await run.checkHere()
    },
  }
}

const plainEntry = (slot: number, value: string) => ({ slot, round: 1, nodeId: 0, value })

/** Every write with a level, as a call of its own. */
const leveledWrites = (log: PersistentLog, accept: Survival | undefined, commit: Survival | undefined) =>
  [
    accept && [
      () => log.accept(proposal(20), { survives: accept }),
      () => log.acceptAll(proposals(20, 2), { survives: accept }),
      () => log.acceptAll(proposals(20, 2), { survives: accept, discardFrom: 1 }),
      () => log.discard({ from: 1 }, { survives: accept }),
    ],
    commit && [
      () => log.commit({ slot: 1, ballot: ballot(1) }, { survives: commit }),
      () => log.commitAll([{ slot: 1, ballot: ballot(1) }], { survives: commit }),
      () => log.learn(proposal(21), { survives: commit }),
      () => log.learnAll(proposals(21, 2), { survives: commit }),
    ],
  ].flatMap((calls) => calls ?? [])

/** What was acknowledged is there afterwards: after close, after SIGKILL, at the level that was asked for. */
export const durabilityCases: readonly Case[] = [
  ...DURABLE_KINDS.map(({ name, what, act, look }): Case => ({
    id: `dur.reopen-keeps-${name}`,
    title: `still holds ${what} after close and open`,
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open()
      await act(log)
      await look(log)
      const before = await dump(log)
      log = await ctx.reopen(log)
      await look(log)
      expect(await dump(log)).to.deep.equal(before)
    },
  })),
  {
    id: 'dur.nothing-means-nothing',
    title: 'holds nothing after close and open, as it says',
    requires: needsForgetting,
    async run(ctx) {
      let log = await ctx.open()
      const empty = await dump(log)
      await log.learnAll(proposals(0, 3))
      await log.promise(ballot(3))
      await log.configuration.store('members', { version: 1, value: bytes('one') })
      log = await ctx.reopen(log)
      expect(await dump(log)).to.deep.equal(empty)
      expect(await log.configuration.load('members')).to.equal(undefined)
      expect(log.recovery).to.include({ created: true, decisions: 0, accepted: 0 })
    },
  },
  killedAfter(
    'dur.kill-keeps-one-of-each',
    'holds what every kind of call acknowledged when the process is killed right after it',
    ONE_OF_EACH,
  ),
  killedAfter(
    'dur.accept-durable-before-resolve',
    'holds an accepted proposal when the process is killed right after it',
    [{ kind: 'accept', entry: plainEntry(0, 'vote') }],
  ),
  killedAfter(
    'dur.promise-durable',
    'holds a promise when the process is killed right after it, however weak the configured level is',
    [{ kind: 'promise', round: 5, nodeId: 2 }],
    { durability: { accept: 'nothing', commit: 'nothing' } },
  ),
  killedAfter(
    'dur.configuration-durable',
    'holds a configuration record when the process is killed right after it, however weak the configured level is',
    [{ kind: 'configure', name: 'hard-state', version: 1, value: 'term 4' }],
    { durability: { accept: 'nothing', commit: 'nothing' } },
  ),
  killedAfter('dur.checkpoint-durable', 'holds a checkpoint when the process is killed right after it', [
    { kind: 'learn', entry: plainEntry(0, 'decision') },
    { kind: 'checkpoint', slot: 1, content: 'state '.repeat(50_000), alone: true },
  ]),
  killedAfter(
    'dur.flush-covers-earlier-calls',
    'holds everything that was asked for before a flush when the process is killed right after the flush',
    [
      ...Array.from({ length: 5 }, (_, slot) => ({
        kind: 'accept' as const,
        entry: plainEntry(slot, 'before the flush'),
        survives: 'nothing' as const,
      })),
      { kind: 'flush' },
    ],
  ),
  killedAfter(
    'dur.weaker-call-survives-what-it-asked',
    'holds a write that was asked to survive a crash of the process, after one',
    [
      { kind: 'accept', entry: plainEntry(0, 'weak'), survives: 'process-crash' },
      { kind: 'learn', entry: plainEntry(1, 'weak'), survives: 'process-crash' },
      { kind: 'commit', id: { slot: 0, round: 1, nodeId: 0 }, survives: 'process-crash' },
    ],
  ),
  {
    id: 'dur.kill-keeps-acked',
    title: 'holds all that it acknowledged when it is killed in the middle of a workload',
    requires: needsReopen,
    spawns: true,
    timeoutMs: KILL_TIMEOUT_MS,
    async run(ctx) {
      for (let round = 0; round < Math.max(1, ctx.budgets.kills / 4); round++) await killFreshLog(ctx, round)
    },
  },
  {
    id: 'batch.kill-mid-batch',
    title: 'holds each batch whole or not at all when it is killed in the middle of one',
    requires: needsAll(needsReopen, needsAtomicBatches),
    spawns: true,
    timeoutMs: KILL_TIMEOUT_MS,
    async run(ctx) {
      const { batchSlots, batchBytes } = ctx.capabilities.limits
      const length = Math.max(2, Math.min(200, batchSlots, Math.floor(batchBytes / 1_000)))
      const run = new KillRun(ctx)
      for (let round = 0; round < Math.max(2, ctx.budgets.kills / 8); round++) {
        const moment = { begun: 1 + ctx.random.below(4), turns: ctx.random.below(40) }
        await run.killDuring(({ point }) => batches(Math.max(point, run.state.nextSlot()), length), moment)
      }
      await run.checkHere()
    },
  },
  {
    id: 'dur.default-is-the-strongest',
    title: 'acknowledges at the strongest level that it offers unless it is told otherwise, and says so',
    async run(ctx) {
      const log = await ctx.open()
      const { accept, commit } = ctx.target.config(ctx.directory).durability ?? {}
      const { survives } = log.capabilities
      expect(log.status.durability).to.deep.equal({
        accept: accept ?? survives.accept,
        commit: commit ?? survives.commit,
      })
    },
  },
  {
    id: 'dur.weaker-level-is-shown',
    title: 'shows the weaker level that its user chose',
    requires: needsWeakerLevel,
    async run(ctx) {
      const log = await ctx.open({ durability: { accept: 'nothing' } })
      expect(log.status.durability.accept).to.equal('nothing')
      expect(log.status.durability.commit).to.equal(ctx.capabilities.survives.commit)
      expect(log.capabilities.survives, 'the capability is what it offers').to.deep.equal(
        ctx.capabilities.survives,
      )
    },
  },
  {
    id: 'dur.weaker-call-is-kept-by-close',
    title: 'flushes at close what was acknowledged below its level',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open({ durability: { accept: 'nothing', commit: 'nothing' } })
      await log.accept(proposal(0))
      await log.learn(proposal(1), { survives: 'nothing' })
      const before = await dump(log)
      log = await ctx.reopen(log)
      expect(await dump(log)).to.deep.equal(before)
    },
  },
  {
    id: 'dur.level-above-refused',
    title: 'refuses a call at a level above what it offers, and changes nothing',
    requires: needsLevelAbove,
    run: async (ctx) => void (await refuseLevelsAbove(ctx)),
  },
  {
    id: 'dur.level-above-writes-nothing',
    title: 'has stored nothing of a call at a level above what it offers',
    requires: needsAll(needsReopen, needsLevelAbove),
    async run(ctx) {
      const log = await refuseLevelsAbove(ctx)
      const before = await dump(log)
      expect(await dump(await ctx.reopen(log))).to.deep.equal(before)
    },
  },
  {
    id: 'dur.configured-level-above-refused',
    title: 'does not open with a configured level above what it offers, and can be opened afterwards',
    requires: needsLevelAbove,
    async run(ctx) {
      const { accept, commit } = ctx.capabilities.survives
      for (const level of above(accept)) {
        await rejects(ctx.open({ durability: { accept: level } }), 'PLOG_UNSUPPORTED')
      }
      for (const level of above(commit)) {
        await rejects(ctx.open({ durability: { commit: level } }), 'PLOG_UNSUPPORTED')
      }
      await (await ctx.open()).learn(proposal(0))
    },
  },
]

async function refuseLevelsAbove(ctx: CaseContext): Promise<PersistentLog> {
  const log = await ctx.open()
  await log.learn(proposal(0))
  await log.accept(proposal(1))
  const { accept, commit } = ctx.capabilities.survives
  for (const level of SURVIVALS) {
    const calls = leveledWrites(
      log,
      survivesAtLeast(accept, level) ? undefined : level,
      survivesAtLeast(commit, level) ? undefined : level,
    )
    for (const call of calls) await ctx.unchanged(log, () => rejects(call, 'PLOG_UNSUPPORTED'))
  }
  return log
}

async function killFreshLog(ctx: CaseContext, round: number): Promise<void> {
  const run = new KillRun(ctx, { directory: await ctx.freshDirectory(), firstSlot: round % 2 })
  const count = 30 + ctx.random.below(40)
  const order = {
    count,
    random: ctx.random,
    capabilities: ctx.capabilities,
    valueLength: 24,
    label: `fresh ${round}`,
  }
  const moment = { begun: 3 + ctx.random.below(count - 4), turns: ctx.random.below(12) }
  await run.killDuring((base) => planWorkload({ ...order, base }), moment)
  await run.checkHere()
}

/** Five batches behind each other, all in flight at once. */
function batches(from: number, length: number): Operation[] {
  return Array.from({ length: 5 }, (_, batch) => ({
    kind: 'acceptAll',
    entries: Array.from({ length }, (__, at) =>
      plainEntry(from + batch * length + at, `batch ${batch}, item ${at}`),
    ),
  }))
}
