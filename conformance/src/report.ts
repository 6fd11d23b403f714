import type { Capabilities } from '@persistent-log/core'
import type { LeftOut } from './running/selection.js'

/** A case that failed. */
export interface CaseFailure {
  readonly case: string
  readonly title: string
  readonly message: string
  readonly stack: string | undefined
}

/** The result of a run: plain JSON. */
export interface ConformanceReport {
  readonly backend: string
  readonly capabilities: Capabilities
  readonly passed: number
  readonly failed: number
  /** Cases that the capabilities rule out. A skip is never a pass. */
  readonly skipped: readonly LeftOut[]
  readonly failures: readonly CaseFailure[]
  /** Child processes that were killed with SIGKILL. */
  readonly kills: number
  /** Acknowledged writes looked for after a kill. */
  readonly ackedWrites: { readonly verified: number; readonly lost: number }
  /** Random histories that agreed with the model. */
  readonly modelRuns: number
  /** `run` given again replays the whole run. */
  readonly seeds: { readonly run: number }
  readonly tookMs: number
}

/** One case, as it ended. */
export interface CaseResult {
  readonly case: string
  readonly title: string
  readonly outcome: 'passed' | 'failed'
  readonly error?: unknown
  readonly tookMs: number
  /** Its place among the cases that run, from 0, and how many those are. */
  readonly index: number
  readonly total: number
}
