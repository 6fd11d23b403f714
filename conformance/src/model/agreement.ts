import fc from 'fast-check'
import { Unproven } from '../running/unproven.js'
import { compareStates, type Real } from './commands.js'
import { newState } from './model-state.js'
import { Model } from './model.js'
import { REPLAY_VARIABLE, replayWanted, type Replay } from './replay.js'
import { histories, type HistoryOptions } from './steps.js'
import { reasonOf } from '../running/reason.js'

/** Which histories are run, and on what. */
export interface Agreement<R extends Real> extends Omit<HistoryOptions, 'replayPath'> {
  readonly seed: number
  readonly runs: number
  readonly firstSlot: number
  /** A new log for a history. */
  readonly begin: () => Promise<R>
  /** The history is over, however it ended. */
  readonly end: (real: R) => Promise<void>
  /** A history agreed with the model. */
  readonly agreed: (real: R) => void | Promise<void>
}

/** Runs random histories on a log and on the model; throws, with the shrunk history, where they disagree. */
export async function agree<R extends Real>(agreement: Agreement<R>): Promise<void> {
  const { seed, path, replayPath }: Replay = replayWanted() ?? { seed: agreement.seed }
  const property = fc.asyncProperty(histories({ ...agreement, replayPath }), async (commands) => {
    const real = await agreement.begin()
    const model = new Model(newState(agreement.firstSlot))
    try {
      await fc.asyncModelRun(() => ({ model, real }), commands as never)
      await compareStates(model, real.log)
      await agreement.agreed(real)
    } finally {
      await agreement.end(real)
    }
  })
  const parameters = { seed, numRuns: agreement.runs }
  const result = await fc.check(property, path === undefined ? parameters : { ...parameters, path })
  if (path !== undefined && result.numRuns === 0) {
    throw new Unproven(`${REPLAY_VARIABLE} names no history of this case`)
  }
  if (!result.failed) return
  const steps = [...(result.counterexample ?? [])]
    .map((commands) => (commands as { toString(): string }).toString())
    .join()
  const found = /replayPath="([^"]*)"/.exec(steps)?.[1] ?? ''
  const cause = result.errorInstance
  throw new Error(
    `after ${result.numRuns} histories and ${result.numShrinks} shrinks: ${reasonOf(cause)}\n` +
      `  history: ${steps}\n  replay: ${REPLAY_VARIABLE}='${result.seed}/${result.counterexamplePath}/${found}'`,
    { cause },
  )
}
