import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import type { CaseContext } from '../running/case-context.js'
import { needsReopen, type Case } from '../suites/case.js'
import { compareStates, type Real } from './commands.js'
import { newState } from './model-state.js'
import { Model } from './model.js'
import { histories } from './steps.js'

/** Replays one history: `seed:path:replayPath`, as a failure prints it. */
export const REPLAY_VARIABLE = 'PLOG_CONFORMANCE_REPLAY'

interface Replay {
  readonly seed: number
  readonly path: string | undefined
  readonly replayPath: string | undefined
}

function replayWanted(seed: number): Replay {
  const wanted = process.env[REPLAY_VARIABLE]
  if (wanted === undefined) return { seed, path: undefined, replayPath: undefined }
  const [first = '', path, ...rest] = wanted.split('/')
  return { seed: Number(first), path, replayPath: rest.join('/') || undefined }
}

async function agree(ctx: CaseContext, runs: number, reopens: boolean, firstSlot: number): Promise<void> {
  const { seed, path, replayPath } = replayWanted(ctx.seed)
  let places = 0
  const property = fc.asyncProperty(histories({ reopens, replayPath }), async (commands) => {
    const directory = join(ctx.directory, `history-${++places}`)
    await mkdir(directory)
    const overrides = { directory, firstSlot }
    const real: Real = { log: await ctx.open(overrides), reopen: (log) => ctx.reopen(log, overrides) }
    const model = new Model(newState(firstSlot))
    try {
      await fc.asyncModelRun(() => ({ model, real }), commands as never)
      await compareStates(model, real.log)
      ctx.tally.modelRuns++
    } finally {
      await real.log.close()
      await rm(directory, { recursive: true, force: true })
    }
  })
  const parameters = { seed, numRuns: runs }
  const result = await fc.check(property, path === undefined ? parameters : { ...parameters, path })
  if (!result.failed) return
  const steps = [...(result.counterexample ?? [])]
    .map((commands) => (commands as { toString(): string }).toString())
    .join()
  const found = /replayPath="([^"]*)"/.exec(steps)?.[1] ?? ''
  const cause = result.errorInstance
  throw new Error(
    `after ${result.numRuns} histories and ${result.numShrinks} shrinks: ${cause instanceof Error ? cause.message : String(cause)}\n` +
      `  history: ${steps}\n  replay: ${REPLAY_VARIABLE}='${result.seed}/${result.counterexamplePath}/${found}'`,
    { cause },
  )
}

/** Minutes for a thousand histories on an engine that flushes each call. */
const TIMEOUT_MS = 600_000

/** Seeded random histories, run on the log and on the model. */
export const modelCases: readonly Case[] = [
  {
    id: 'model.histories',
    title: 'agrees with the model in random histories',
    timeoutMs: TIMEOUT_MS,
    run: (ctx) => agree(ctx, Math.ceil(ctx.budgets.modelRuns / 2), false, 0),
  },
  {
    id: 'model.histories-with-reopen',
    title: 'agrees with the model in random histories that close and open the log',
    requires: needsReopen,
    timeoutMs: TIMEOUT_MS,
    run: (ctx) => agree(ctx, Math.ceil(ctx.budgets.modelRuns / 2), true, 1),
  },
]
