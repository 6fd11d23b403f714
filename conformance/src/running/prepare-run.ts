import { inspectEnvironment, type Environment } from '../host/environment.js'
import { inspectHost } from '../host/host.js'
import { whyNotFollowed } from '../crash-states/state-process.js'
import type { ConformanceOptions } from '../run-conformance.js'
import { allCases } from '../suites/index.js'
import { replayWanted } from '../model/replay.js'
import { AskedState } from './asked-state.js'
import { resolveBudgets } from './budgets.js'
import { invalid, MAX_SEED, variable } from './check.js'
import { inspectTarget } from './inspect-target.js'
import { inFreshDirectory } from './fresh-directory.js'
import type { RunSetting } from './run-case.js'
import { sweepFolders } from './run-folders.js'
import { select, withoutUnfollowed, type Selection } from './selection.js'
import { newTally } from './tally.js'
import { specifierText, type Target } from './target.js'
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
  const text = variable(SEED_VARIABLE)
  if (text === undefined) return undefined
  const seed = Number(text)
  if (/^\d+$/.test(text) && seed <= MAX_SEED) return seed
  throw invalid(SEED_VARIABLE, `must be an integer from 0 to ${MAX_SEED}`, text)
}

function askedStateOf(option: string | undefined): AskedState | undefined {
  if (option !== undefined) return new AskedState('state', option)
  const text = variable(STATE_VARIABLE)
  return text === undefined ? undefined : new AskedState(STATE_VARIABLE, text)
}

/** What the caller asked for, or else the environment. All that can be wrong with it is found out before anything runs. */
function askedFor(options: ConformanceOptions) {
  replayWanted()
  return {
    ...resolveTiers(options.tiers, options.require),
    budgets: resolveBudgets(options.budgets),
    seed: options.seed ?? seedFromEnvironment() ?? Math.floor(Math.random() * 2 ** 32),
    askedState: askedStateOf(options.state),
  }
}

/** Opens the log once to see what it is, looks at the machine, and chooses the cases. */
export async function prepareRun(options: ConformanceOptions): Promise<PreparedRun> {
  const { seed, askedState, budgets, ...choice } = askedFor(options)
  sweepFolders(options.directory)
  const target: Target = { backend: specifierText(options.backend), config: options.config ?? (() => ({})) }
  const facts = await inFreshDirectory(options.directory, (place) => inspectTarget(target, place))
  const cases = [...allCases, ...(options.additionalCases ?? [])].filter(
    ({ spawns }) => !(options.withoutChildren === true && spawns === true),
  )
  const setting: RunSetting = {
    target,
    backendName: facts.backend,
    capabilities: facts.capabilities,
    seed,
    budgets,
    tally: options.tally ?? newTally(),
    askedState,
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
