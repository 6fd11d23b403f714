import { performance } from 'node:perf_hooks'
import type { CaseResult, ConformanceReport } from './report.js'
import type { BudgetChoice, Budgets } from './running/budgets.js'
import { noEndDuring } from './running/no-end-during.js'
import { Outcomes } from './running/outcomes.js'
import { checkRunOptions } from './running/options.js'
import { prepareRun, type PreparedRun } from './running/prepare-run.js'
import { runCase } from './running/run-case.js'
import { tierOf } from './running/selection.js'
import { StrayRejections } from './running/stray-rejections.js'
import type { Tally } from './running/tally.js'
import type { BackendSpecifier, OpenConfig } from './running/target.js'
import type { Tier } from './running/tiers.js'
import { Unproven } from './running/unproven.js'
import type { Case } from './suites/case.js'

/** What a run is about to do: all that repeats it, should it never come to its end. */
export interface RunBeginning {
  readonly backend: string
  readonly seed: number
  readonly tiers: readonly Tier[]
  readonly budgets: Budgets
  readonly cases: number
}

/** What to examine, and how hard. */
export interface ConformanceOptions {
  readonly backend: BackendSpecifier
  /** The configuration for a directory: plain JSON. Default: none. */
  readonly config?: ((directory: string) => OpenConfig) | undefined
  /** Where the cases' directories are made: choose the file system under test. Default: the system's temporary folder. */
  readonly directory?: string | undefined
  /** Replays the choices of an earlier run. */
  readonly seed?: number | undefined
  /** Categories, ids, or beginnings of them that end in `*`; each must mean a case of the tiers that are run. */
  readonly only?: readonly string[] | undefined
  /**
   * Reasons, by id, to do without a case that is known to fail: a defect of an engine that its adapter cannot mend. It is
   * listed with its reason, and no tier that it belongs to counts as reached.
   */
  readonly waivers?: Readonly<Record<string, string>> | undefined
  /** The only state or fault that cases with many of them try, as a failure prints it. A run that tries it nowhere fails. */
  readonly state?: string | undefined
  /** Default: 1, which any machine can run. */
  readonly tiers?: readonly Tier[] | undefined
  /** Tiers that fail instead of being skipped where this machine cannot run them. They are run even if `tiers` omits them. */
  readonly require?: readonly Tier[] | undefined
  readonly budgets?: BudgetChoice | undefined
  /** Cases of the backend's own, run like all others. */
  readonly additionalCases?: readonly Case[] | undefined
  /** Leave the cases out that start child processes. */
  readonly withoutChildren?: boolean | undefined
  /** Stop at the first failure. */
  readonly bail?: boolean | undefined
  /** Counts while the run goes on, for whoever wants to watch: see `newTally`. */
  readonly tally?: Tally | undefined
  /** Called once, before the first case. */
  readonly onBegin?: ((beginning: RunBeginning) => void) | undefined
  readonly onStart?: ((started: Pick<CaseResult, 'case' | 'title' | 'index' | 'total'>) => void) | undefined
  readonly onCase?: ((result: CaseResult) => void) | undefined
}

/** Runs the kit without a test runner. A run of no case at all is a failed run. */
export function runConformance(options: ConformanceOptions): Promise<ConformanceReport> {
  return noEndDuring('a run was not at its end', () => wholeRun(options))
}

async function wholeRun(options: ConformanceOptions): Promise<ConformanceReport> {
  const startedMs = performance.now()
  const strays = new StrayRejections()
  try {
    checkRunOptions(options)
    const run = await prepareRun(options)
    const { backendName, capabilities, seed, budgets, tally } = run.setting
    const { tiers, chosen } = run
    options.onBegin?.({ backend: backendName, seed, tiers, budgets, cases: chosen.length })
    const outcomes = await runAll(run, options, strays)
    return {
      backend: backendName,
      capabilities,
      environment: run.environment,
      ...outcomes.summary(),
      skipped: run.leftOut,
      warnings: tally.warnings,
      kills: tally.kills,
      powerCuts: tally.powerCuts,
      ackedWrites: { verified: tally.ackedVerified, lost: tally.ackedLost },
      crashStates: tally.crashStates,
      faults: { tried: tally.faultsTried, hit: tally.faultsHit },
      corruption: tally.corruption,
      modelRuns: tally.modelRuns,
      seeds: { run: seed },
      tookMs: Math.round(performance.now() - startedMs),
    }
  } finally {
    strays.stop()
  }
}

async function runAll(
  run: PreparedRun,
  { onStart, onCase, bail }: ConformanceOptions,
  strays: StrayRejections,
): Promise<Outcomes> {
  const outcomes = new Outcomes(run)
  for (const [index, item] of run.chosen.entries()) {
    const beganMs = performance.now()
    const about = aboutCase(run, item, index)
    const tell = (outcome: CaseResult['outcome'], error?: unknown): void =>
      onCase?.({ ...about, outcome, error, tookMs: performance.now() - beganMs })
    onStart?.(about)
    try {
      await runCase(item, run.setting, strays)
      outcomes.pass(item)
      tell('passed')
    } catch (error) {
      const isUnproven = error instanceof Unproven && outcomes.noteUnproven(item, error)
      if (!isUnproven) outcomes.fail(item, error)
      tell(isUnproven ? 'unproven' : 'failed', error)
      if (bail === true && !isUnproven) break
    }
    if (blameEarlier(run, outcomes, strays, onCase) && bail === true) break
  }
  return outcomes
}

const aboutCase = ({ chosen }: PreparedRun, item: Case, index: number) => ({
  case: item.id,
  title: item.title,
  tier: tierOf(item),
  index,
  total: chosen.length,
})

/** Cases that had ended fail after all by promises that failed only now. True when one does. */
function blameEarlier(
  run: PreparedRun,
  outcomes: Outcomes,
  strays: StrayRejections,
  onCase: ConformanceOptions['onCase'],
): boolean {
  const { chosen, setting } = run
  return strays.late().reduce((isAny, { case: id, error }) => {
    const index = chosen.findIndex((item) => item.id === id)
    const item = chosen[index]
    if (item === undefined) return isAny
    if (outcomes.failLate(item, error)) {
      onCase?.({ ...aboutCase(run, item, index), outcome: 'failed', error, tookMs: 0 })
      return true
    }
    setting.tally.warnings.push(`${id}, after it had failed: ${error.message}`)
    return isAny
  }, false)
}
