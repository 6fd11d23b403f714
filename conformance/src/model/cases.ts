import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { examineHistories } from '../crash-states/history-examination.js'
import type { CaseContext } from '../running/case-context.js'
import { needs, needsReopen, type Case } from '../suites/case.js'
import { agree } from './agreement.js'
import { weakerThanOffered } from './steps.js'
import type { Real } from './commands.js'

/** On logs of this process, which are closed and opened and never crash. */
function agreeHere(ctx: CaseContext, runs: number, reopens: boolean, firstSlot: number): Promise<void> {
  let places = 0
  const directories = new Map<Real, string>()
  return agree({
    seed: ctx.seed,
    runs,
    firstSlot,
    reopens,
    weaker: weakerThanOffered(ctx.capabilities),
    async begin() {
      const directory = join(ctx.directory, `history-${++places}`)
      await mkdir(directory)
      const overrides = { directory, firstSlot }
      const real: Real = { log: await ctx.open(overrides), reopen: (log) => ctx.reopen(log, overrides) }
      directories.set(real, directory)
      return real
    },
    async end(real) {
      await ctx.close(real.log)
      await rm(directories.get(real) ?? ctx.directory, { recursive: true, force: true })
      directories.delete(real)
    },
    agreed: () => void ctx.tally.modelRuns++,
  })
}

/** Minutes for a thousand histories on an engine that flushes each call. */
const TIMEOUT_MS = 600_000

/** Seeded random histories, run on the log and on the model. */
export const modelCases: readonly Case[] = [
  {
    id: 'model.histories',
    title: 'agrees with the model in random histories',
    timeoutMs: TIMEOUT_MS,
    run: (ctx) => agreeHere(ctx, Math.ceil(ctx.budgets.modelRuns / 2), false, 0),
  },
  {
    id: 'model.histories-with-reopen',
    title: 'agrees with the model in random histories that close and open the log',
    requires: needsReopen,
    timeoutMs: TIMEOUT_MS,
    run: (ctx) => agreeHere(ctx, Math.ceil(ctx.budgets.modelRuns / 2), true, 1),
  },
  {
    id: 'model.commands-with-kill',
    title: 'agrees with the model in random histories in which the process dies',
    requires: needsReopen,
    spawns: true,
    timeoutMs: TIMEOUT_MS,
    run: (ctx) => examineHistories(ctx, { runs: Math.ceil(ctx.budgets.modelRuns / 4), crash: 'kill' }),
  },
  {
    id: 'model.commands-with-crash-state',
    title: 'agrees with the model in random histories in which the power is cut',
    requires: needs('power-loss'),
    spawns: true,
    follows: true,
    timeoutMs: TIMEOUT_MS,
    run: (ctx) => examineHistories(ctx, { runs: Math.ceil(ctx.budgets.modelRuns / 2), crash: 'power cut' }),
  },
]
