import { inspectEnvironment, type Environment } from '../host/environment.js'
import { inspectHost } from '../host/host.js'
import { whyNotFollowed } from '../crash-states/state-process.js'
import type { ConformanceOptions } from '../run-conformance.js'
import { allCases } from '../suites/index.js'
import { resolveBudgets } from './budgets.js'
import { inFreshDirectory, type RunSetting } from './run-case.js'
import { select, withoutUnfollowed, type Selection } from './selection.js'
import { newTally } from './tally.js'
import { inspectTarget, specifierText, type Target } from './target.js'
import { resolveTiers, type TierChoice } from './tiers.js'

/** Everything that a run needs before its first case. */
export interface PreparedRun extends Selection, TierChoice {
  readonly setting: RunSetting
  readonly environment: Environment
}

/** The environment variable that replays the choices of an earlier run. */
export const SEED_VARIABLE = 'PLOG_CONFORMANCE_SEED'

/** The environment variable that names the only state or fault to try, as a failure prints it. */
export const STATE_VARIABLE = 'PLOG_CONFORMANCE_STATE'

function seedFromEnvironment(): number | undefined {
  const text = process.env[SEED_VARIABLE]
  if (text === undefined) return undefined
  const seed = Number(text)
  if (!Number.isSafeInteger(seed)) throw new RangeError(`${SEED_VARIABLE} is ${text}; it must be an integer`)
  return seed
}

/** Opens the log once to see what it is, looks at the machine, and chooses the cases. */
export async function prepareRun(options: ConformanceOptions): Promise<PreparedRun> {
  const choice = resolveTiers(options.tiers, options.require)
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
    tally: options.tally ?? newTally(),
    state: options.state ?? process.env[STATE_VARIABLE],
    parent: options.directory,
  }
  const host = await inspectHost(choice.tiers, options.directory)
  const environment = await inspectEnvironment(options.directory)
  const selection = await withoutUnfollowed(
    select(cases, { ...facts, ...choice, host, only: options.only, waivers: options.waivers }),
    () => inFreshDirectory(options.directory, (place) => whyNotFollowed(target, facts.capabilities, place)),
  )
  return { ...selection, ...choice, setting, environment }
}
