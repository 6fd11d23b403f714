import { once } from 'node:events'
import { mkdir, symlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect } from 'chai'
import type { Capabilities } from '@persistent-log/core'
import { withChild } from '../crash/child.js'
import type { ThreadReport } from '../crash/thread.js'
import { outcomeOf, rejects } from '../running/assertions.js'
import type { CaseContext } from '../running/case-context.js'
import { dump } from '../running/dump.js'
import { proposal } from '../running/values.js'
import { needsAll, needsReopen, type Case } from './case.js'

/** Cases that start processes, in ms: only what hangs takes so long. */
const SPAWN_TIMEOUT_MS = 60_000

const needsOneProcess = needsAll(needsReopen, ({ openBy }: Capabilities) =>
  openBy === 'one-process' || openBy === 'many-threads' ? undefined : `it may be opened by ${openBy}`,
)

const needsSharing = needsAll(needsReopen, ({ openBy }: Capabilities) =>
  openBy === 'many-processes' || openBy === 'many-machines'
    ? undefined
    : `only one process may open it (${openBy})`,
)

/** A second open in this process must be refused, and names this process. */
const refusedHere = (ctx: CaseContext, overrides = {}) =>
  rejects(ctx.open(overrides), 'PLOG_LOCKED', { pid: process.pid, host: hostname() })

/** One log, one owner: who else wants to open it is refused, and the lock ends with its owner. */
export const lockCases: readonly Case[] = [
  {
    id: 'lock.second-process-refused',
    title: 'refuses a log that another process has open, and names that process',
    requires: needsOneProcess,
    spawns: true,
    timeoutMs: SPAWN_TIMEOUT_MS,
    async run(ctx) {
      await withChild(async (owner) => {
        await owner.open(ctx.order())
        const refusal = await rejects(ctx.open(), 'PLOG_LOCKED', { pid: owner.pid, host: hostname() })
        expect(refusal.message).to.include(String(owner.pid))
        await owner.close()
        await (await ctx.open()).learn(proposal(0))
      })
    },
  },
  {
    id: 'lock.other-process-is-told-the-owner',
    title: 'is refused to another process while this one has it open',
    requires: needsOneProcess,
    spawns: true,
    timeoutMs: SPAWN_TIMEOUT_MS,
    async run(ctx) {
      const log = await ctx.open()
      await withChild(async (other) => {
        const refusal = await other.openRefused(ctx.order())
        expect(refusal.code, refusal.message).to.equal('PLOG_LOCKED')
        expect(refusal.context.pid).to.equal(process.pid)
      })
      await log.learn(proposal(0))
    },
  },
  {
    id: 'lock.second-open-same-process-refused',
    title: 'refuses a second open in the same process, and the first log goes on',
    requires: needsOneProcess,
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(0))
      for (let time = 0; time < 3; time++) await refusedHere(ctx)
      await log.learn(proposal(1))
      expect(log.bounds().contiguousTo).to.equal(2)
    },
  },
  {
    id: 'lock.refused-open-keeps-lock',
    title: 'keeps the lock of the first when a second open in the same process was refused',
    requires: needsOneProcess,
    spawns: true,
    timeoutMs: SPAWN_TIMEOUT_MS,
    async run(ctx) {
      let log = await ctx.open()
      await refusedHere(ctx)
      await withChild(async (other) => {
        const refusal = await other.openRefused(ctx.order())
        expect(refusal.code, refusal.message).to.equal('PLOG_LOCKED')
      })
      await log.learn(proposal(0))
      log = await ctx.reopen(log)
      expect(log.bounds().committedCount, 'what was acknowledged meanwhile').to.equal(1)
    },
  },
  {
    id: 'lock.two-opens-at-once',
    title: 'lets exactly one of several opens at the same time have it',
    requires: needsOneProcess,
    async run(ctx) {
      const outcomes = await Promise.all([1, 2, 3, 4].map(() => outcomeOf(ctx.open())))
      expect(outcomes.filter((outcome) => !('error' in outcome))).to.have.length(1)
      for (const { error } of outcomes.filter((outcome) => 'error' in outcome)) {
        await rejects(Promise.reject(error), 'PLOG_LOCKED')
      }
    },
  },
  {
    id: 'lock.worker-thread-refused',
    title: 'refuses a second open in another thread of the same process',
    requires: needsOneProcess,
    spawns: true,
    timeoutMs: SPAWN_TIMEOUT_MS,
    async run(ctx) {
      const log = await ctx.open()
      const report = await openInThread(ctx)
      expect(report.opened, 'the thread opened the log').to.equal(false)
      expect(report.code, report.message).to.equal('PLOG_LOCKED')
      await log.learn(proposal(0))
    },
  },
  {
    id: 'lock.released-on-close',
    title: 'can be opened by another process once it is closed',
    requires: needsOneProcess,
    spawns: true,
    timeoutMs: SPAWN_TIMEOUT_MS,
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(0))
      const { bounds } = await dump(log)
      await log.close()
      await withChild(async (other) => {
        const { found, recovery } = await other.open(ctx.order())
        expect(found.bounds).to.deep.equal(bounds)
        expect(recovery.cleanClose).to.equal(true)
      })
    },
  },
  {
    id: 'lock.released-on-sigkill',
    title: 'can be opened at once when its owner was killed',
    requires: needsOneProcess,
    spawns: true,
    timeoutMs: SPAWN_TIMEOUT_MS,
    async run(ctx) {
      await withChild(async (owner) => {
        await owner.open(ctx.order())
        await owner.kill()
        ctx.tally.kills++
      })
      const log = await ctx.open()
      expect(log.recovery.created).to.equal(false)
      await log.learn(proposal(0))
    },
  },
  {
    id: 'lock.released-by-a-failed-open',
    title: 'can be opened after an open that was refused for its configuration',
    requires: needsOneProcess,
    async run(ctx) {
      await (await ctx.open()).close()
      const { accept } = ctx.capabilities.survives
      if (accept !== 'machine-loss') {
        await rejects(ctx.open({ durability: { accept: 'machine-loss' } }), 'PLOG_UNSUPPORTED')
      }
      await (await ctx.open()).learn(proposal(0))
    },
  },
  {
    id: 'lock.symlinked-dir-same-lock',
    title: 'is the same log under another name of its directory',
    requires: needsOneProcess,
    spawns: true,
    timeoutMs: SPAWN_TIMEOUT_MS,
    async run(ctx) {
      const log = await ctx.open()
      const other = join(ctx.directory, 'another-name')
      await symlink(join(ctx.directory, 'log'), other)
      await refusedHere(ctx, { directory: other })
      await withChild(async (child) => {
        const refusal = await child.openRefused(ctx.order({ directory: other }))
        expect(refusal.code, refusal.message).to.equal('PLOG_LOCKED')
      })
      await log.learn(proposal(0))
    },
  },
  {
    id: 'lock.is-per-directory',
    title: 'does not keep logs in other directories from opening',
    async run(ctx) {
      const one = await ctx.open()
      const place = join(ctx.directory, 'beside')
      await mkdir(place)
      const other = await ctx.open({ directory: place })
      await Promise.all([one.learn(proposal(0)), other.learn(proposal(0))])
    },
  },
  {
    id: 'lock.shared-as-declared',
    title: 'can be opened by two processes, as it says',
    requires: needsSharing,
    spawns: true,
    timeoutMs: SPAWN_TIMEOUT_MS,
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(0))
      await withChild(async (other) => {
        expect((await other.open(ctx.order())).found.bounds.committedCount).to.equal(1)
        await other.close()
      })
    },
  },
]

async function openInThread(ctx: CaseContext): Promise<ThreadReport> {
  const thread = new Worker(new URL('../crash/thread.js', import.meta.url), {
    workerData: ctx.order(),
    execArgv: [],
  })
  try {
    const [report] = (await once(thread, 'message')) as [ThreadReport]
    return report
  } finally {
    await thread.terminate()
  }
}
