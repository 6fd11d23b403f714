import { expect } from 'chai'
import type { Capabilities } from '@persistent-log/core'
import { drawMoment, KillRun } from '../crash/kill-run.js'
import type { Operation } from '../crash/operation.js'
import { planWorkload } from '../crash/workload.js'
import type { CaseContext } from '../running/case-context.js'
import { dump } from '../running/dump.js'
import { ballot, bytes, proposals } from '../running/values.js'
import { needsAll, needsReopen, type Case } from './case.js'
import { DURABLE_KINDS, ONE_OF_EACH } from './durable-kinds.js'
import { levelCases } from './durability-levels.js'

/** Cases that start and kill processes, in ms: only what hangs takes so long. */
const KILL_TIMEOUT_MS = 120_000

const needsForgetting = ({ survives }: Capabilities): string | undefined =>
  survives.accept === 'nothing' && survives.commit === 'nothing'
    ? undefined
    : `what it acknowledges survives ${survives.accept} (accept) and ${survives.commit} (commit): it must not forget`

const needsAtomicBatches = ({ atomicBatches }: Capabilities): string | undefined =>
  atomicBatches ? undefined : 'its batches are not atomic (atomicBatches is false)'

/** A case that kills a child when the last of some calls is acknowledged, and then finds all of them. */
function killedAfter(
  id: string,
  title: string,
  operations: readonly Operation[] | ((capabilities: Capabilities) => readonly Operation[]),
  overrides = {},
): Case {
  return {
    id,
    title,
    requires: needsReopen,
    spawns: true,
    timeoutMs: KILL_TIMEOUT_MS,
    async run(ctx) {
      const run = new KillRun(ctx, overrides)
      await run.killAfter(typeof operations === 'function' ? operations(ctx.capabilities) : operations)
      await run.checkHere()
    },
  }
}

const plainEntry = (slot: number, value: string) => ({ slot, round: 1, nodeId: 0, value })

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
    'holds an accepted proposal when the process is killed right after it, a big one too',
    ({ limits }) => [
      {
        kind: 'accept',
        entry: plainEntry(0, 'vote '.repeat(100_000).slice(0, Math.min(limits.valueBytes, 400_000))),
      },
    ],
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
      { kind: 'commit', id: { slot: 0, round: 1, nodeId: 0 }, survives: 'process-crash', alone: true },
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
  ...levelCases,
]

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
  const moment = drawMoment(ctx.random, count)
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
