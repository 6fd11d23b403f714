import type { Capabilities } from '@persistent-log/core'
import type { Environment } from './host/environment.js'
import type { LeftOut } from './running/selection.js'
import type { CorruptionTally } from './running/tally.js'
import type { Tier } from './running/tiers.js'

/** A case that failed. */
export interface CaseFailure {
  readonly case: string
  readonly title: string
  readonly message: string
  readonly stack: string | undefined
}

/** A case that ran and proved nothing: what it was to hit, it did not hit. */
export interface UnprovenCase {
  readonly case: string
  readonly tier: Tier
  readonly reason: string
}

/** What became of a tier that was asked for. */
export interface TierReport {
  readonly tier: Tier
  readonly passed: number
  readonly failed: number
  /** Cases that the capabilities rule out, and those that this machine cannot run. */
  readonly skipped: number
  /** Why this machine cannot run some of its cases. */
  readonly missing: readonly string[]
}

/** The result of a run: plain JSON. */
export interface ConformanceReport {
  readonly backend: string
  readonly capabilities: Capabilities
  readonly environment: Environment
  readonly passed: number
  readonly failed: number
  /** Cases that the capabilities or the machine rule out. A skip is never a pass. */
  readonly skipped: readonly LeftOut[]
  readonly unproven: readonly UnprovenCase[]
  readonly failures: readonly CaseFailure[]
  /** What is no failure and yet should be known: a capability that the log could claim. */
  readonly warnings: readonly string[]
  readonly tiers: readonly TierReport[]
  /** Child processes that were killed with SIGKILL. */
  readonly kills: number
  /** Power cuts under a mounted file system. */
  readonly powerCuts: number
  /** Acknowledged writes looked for after a kill, a power cut or a failed system call. */
  readonly ackedWrites: { readonly verified: number; readonly lost: number }
  /** States of the disk after a crash that the log was opened over. */
  readonly crashStates: number
  /** Points at which a system call was to fail, and those at which one did. */
  readonly faults: { readonly tried: number; readonly hit: number }
  /** What came of each damage that was done to a file. */
  readonly corruption: Readonly<CorruptionTally>
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
  readonly tier: Tier
  readonly outcome: 'passed' | 'failed' | 'unproven'
  readonly error?: unknown
  readonly tookMs: number
  /** Its place among the cases that run, from 0, and how many those are. */
  readonly index: number
  readonly total: number
}
