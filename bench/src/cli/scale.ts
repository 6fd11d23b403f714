import type { TimeLimits } from '../harness/timing.js'
import { SQLITE } from '../subjects/open-subject.js'

/** How much of everything a run does. */
export interface Scale {
  readonly rounds: number
  readonly limits: TimeLimits
  readonly backends: readonly string[]
  /** A round that takes longer has hung. */
  readonly timeoutMs: number
  /** Fewer rounds on a slow machine rather than a run that nobody waits for. */
  readonly budgetMs: number
}

const BACKENDS = ['memory', 'faster', 'lmdb', 'level', 'raw-lmdb', 'raw-level']

const QUICK = {
  rounds: 5,
  measureMs: 40,
  timeoutMs: 60_000,
  budgetMs: 110_000,
  // Building SQLite would take longer than all the rest.
  backends: [...BACKENDS, 'raw-append'],
}
const FULL = {
  rounds: 5,
  measureMs: 200,
  timeoutMs: 300_000,
  budgetMs: 27 * 60_000,
  backends: [...BACKENDS, SQLITE, 'raw-append'],
}

/** Warm-up as a share of the measurement. */
const WARM_UP = 0.75
/** Below it the compiler of V8 has not seen a short operation often enough. */
const LEAST_WARM_UP_MS = 100

/** What the command line leaves to us. */
export function scaleOf(options: {
  readonly quick?: boolean | undefined
  readonly rounds?: number | undefined
  readonly measureMs?: number | undefined
  readonly budgetMs?: number | undefined
}): Scale {
  const { rounds, measureMs, ...rest } = options.quick === true ? QUICK : FULL
  const asked = options.measureMs
  const warmUpMs = asked ? asked * WARM_UP : Math.max(LEAST_WARM_UP_MS, measureMs * WARM_UP)
  return {
    ...rest,
    rounds: options.rounds ?? rounds,
    budgetMs: options.budgetMs ?? rest.budgetMs,
    limits: { measureMs: asked ?? measureMs, warmUpMs, isBrief: options.quick === true },
  }
}
