import { performance } from 'node:perf_hooks'
import type { CaseFailure, CaseResult, ConformanceReport } from './report.js'
import type { BudgetChoice } from './running/budgets.js'
import { prepareRun, type PreparedRun } from './running/prepare-run.js'
import { runCaseInTime } from './running/run-case.js'
import { StrayRejections } from './running/stray-rejections.js'
import type { BackendSpecifier, OpenConfig } from './running/target.js'
import type { Case } from './suites/case.js'

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

/** Runs the kit without a test runner. A run of no case at all is a failed run. */
export async function runConformance(options: ConformanceOptions): Promise<ConformanceReport> {
  const startedMs = performance.now()
  const strays = new StrayRejections()
  try {
    const run = await prepareRun(options)
    const { passed, failures } = await runAll(run, options, strays)
    const { backendName, capabilities, seed, tally } = run.setting
    return {
      backend: backendName,
      capabilities,
      passed,
      failed: failures.length,
      skipped: run.leftOut,
      failures,
      kills: tally.kills,
      ackedWrites: { verified: tally.ackedVerified, lost: tally.ackedLost },
      modelRuns: tally.modelRuns,
      seeds: { run: seed },
      tookMs: Math.round(performance.now() - startedMs),
    }
  } finally {
    strays.stop()
  }
}

async function runAll(
  { chosen, leftOut, setting }: PreparedRun,
  { onCase, bail }: ConformanceOptions,
  strays: StrayRejections,
): Promise<{ readonly passed: number; readonly failures: readonly CaseFailure[] }> {
  const failures: CaseFailure[] = []
  let passed = 0
  for (const [index, item] of chosen.entries()) {
    const beganMs = performance.now()
    const about = { case: item.id, title: item.title, index, total: chosen.length }
    try {
      await runCaseInTime(item, setting)
      await strays.check()
      passed++
      onCase?.({ ...about, outcome: 'passed', tookMs: performance.now() - beganMs })
    } catch (error) {
      failures.push(failureOf(item, error))
      onCase?.({ ...about, outcome: 'failed', error, tookMs: performance.now() - beganMs })
      if (bail === true) break
    }
  }
  if (chosen.length === 0) failures.push(noCaseRan(leftOut.length))
  return { passed, failures }
}

function failureOf(item: Case, error: unknown): CaseFailure {
  const known = error instanceof Error ? error : new Error(String(error))
  return { case: item.id, title: item.title, message: known.message, stack: known.stack }
}

function noCaseRan(leftOut: number): CaseFailure {
  const message = leftOut === 0 ? 'no case has such a name' : `none of ${leftOut} cases applies`
  return { case: 'kit.runs-a-case', title: 'runs at least one case', message, stack: undefined }
}
