import type { ConformanceOptions } from '../run-conformance.js'
import { allCases } from '../suites/index.js'
import { resolveBudgets } from './budgets.js'
import { inFreshDirectory, type RunSetting } from './run-case.js'
import { select, type Selection } from './selection.js'
import { newTally } from './tally.js'
import { inspectTarget, specifierText, type Target } from './target.js'

/** Everything that a run needs before its first case. */
export interface PreparedRun extends Selection {
  readonly setting: RunSetting
}

/** The environment variable that replays the choices of an earlier run. */
export const SEED_VARIABLE = 'PLOG_CONFORMANCE_SEED'

function seedFromEnvironment(): number | undefined {
  const text = process.env[SEED_VARIABLE]
  if (text === undefined) return undefined
  const seed = Number(text)
  if (!Number.isSafeInteger(seed)) throw new RangeError(`${SEED_VARIABLE} is ${text}; it must be an integer`)
  return seed
}

/** Opens the log once to see what it is, and chooses the cases. */
export async function prepareRun(options: ConformanceOptions): Promise<PreparedRun> {
  const target: Target = { backend: specifierText(options.backend), config: options.config ?? (() => ({})) }
  const facts = await inFreshDirectory(options.directory, (place) => inspectTarget(target, place))
  const cases = [...allCases, ...(options.additionalCases ?? [])].filter(
    ({ spawns }) => !(options.withoutChildren === true && spawns === true),
  )
  const setting: RunSetting = {
    target,
    backendName: facts.backend,
    capabilities: facts.capabilities,
    seed: options.seed ?? seedFromEnvironment() ?? Math.floor(Math.random() * 2 ** 32),
    budgets: resolveBudgets(options.budgets),
    tally: newTally(),
    parent: options.directory,
  }
  return { ...select(cases, facts, options.only), setting }
}
