import { performance } from 'node:perf_hooks'
import { resolveBudgets, type BudgetChoice } from './running/budgets.js'
import { inFreshDirectory, runCaseInTime, type RunSetting } from './running/run-case.js'
import { select } from './running/selection.js'
import { newTally } from './running/tally.js'
import {
  inspectTarget,
  specifierText,
  type BackendSpecifier,
  type OpenConfig,
  type Target,
} from './running/target.js'
import type { CaseFailure, CaseResult, ConformanceReport } from './report.js'
import type { Case } from './suites/case.js'
import { allCases } from './suites/index.js'

/** What to examine, and how hard. */
export interface ConformanceOptions {
  readonly backend: BackendSpecifier
  /** The configuration for a directory: plain JSON. Default: none. */
  readonly config?: ((directory: string) => OpenConfig) | undefined
  /** Where the cases' directories are made: choose the file system under test. Default: the system's temporary folder. */
  readonly directory?: string | undefined
  /** Replays the choices of an earlier run. */
  readonly seed?: number | undefined
  /** Categories or ids. */
  readonly only?: readonly string[] | undefined
  readonly budgets?: BudgetChoice | undefined
  /** Cases of the backend's own, run like all others. */
  readonly additionalCases?: readonly Case[] | undefined
  /** Leave the cases out that start child processes. */
  readonly withoutChildren?: boolean | undefined
  /** Stop at the first failure. */
  readonly bail?: boolean | undefined
  readonly onCase?: ((result: CaseResult) => void) | undefined
}

/** A seed nobody chose. */
export function freshSeed(): number {
  return Math.floor(Math.random() * 2 ** 32)
}

/** Where the target and its configuration come from. */
export function targetOf({ backend, config }: Pick<ConformanceOptions, 'backend' | 'config'>): Target {
  return { backend: specifierText(backend), config: config ?? (() => ({})) }
}

/** Runs the kit without a test runner. A run of no case at all is a failed run. */
export async function runConformance(options: ConformanceOptions): Promise<ConformanceReport> {
  const startedMs = performance.now()
  const target = targetOf(options)
  const seed = options.seed ?? freshSeed()
  const tally = newTally()
  const facts = await inFreshDirectory(options.directory, (place) => inspectTarget(target, place))
  const { backend, capabilities } = facts
  const cases = [...allCases, ...(options.additionalCases ?? [])].filter(
    ({ spawns }) => !(options.withoutChildren === true && spawns === true),
  )
  const { chosen, leftOut } = select(cases, facts, options.only)
  const setting: RunSetting = {
    target,
    backendName: backend,
    capabilities,
    seed,
    budgets: resolveBudgets(options.budgets),
    tally,
    parent: options.directory,
  }

  const failures: CaseFailure[] = []
  let passed = 0
  for (const [index, item] of chosen.entries()) {
    const beganMs = performance.now()
    const about = { case: item.id, title: item.title, index, total: chosen.length }
    try {
      await runCaseInTime(item, setting)
      passed++
      options.onCase?.({ ...about, outcome: 'passed', tookMs: performance.now() - beganMs })
    } catch (error) {
      failures.push(failureOf(item, error))
      options.onCase?.({ ...about, outcome: 'failed', error, tookMs: performance.now() - beganMs })
      if (options.bail === true) break
    }
  }
  if (chosen.length === 0) failures.push(noCaseRan(options.only))
  return {
    backend,
    capabilities,
    passed,
    failed: failures.length,
    skipped: leftOut,
    failures,
    kills: tally.kills,
    ackedWrites: { verified: tally.ackedVerified, lost: tally.ackedLost },
    modelRuns: tally.modelRuns,
    seeds: { run: seed },
    tookMs: Math.round(performance.now() - startedMs),
  }
}

function failureOf(item: Case, error: unknown): CaseFailure {
  const known = error instanceof Error ? error : new Error(String(error))
  return { case: item.id, title: item.title, message: known.message, stack: known.stack }
}

function noCaseRan(only: readonly string[] | undefined): CaseFailure {
  const message = only === undefined ? 'no case applies' : `no case is called ${only.join(', ')}`
  return { case: 'kit.runs-a-case', title: 'runs at least one case', message, stack: undefined }
}
