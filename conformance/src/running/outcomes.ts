import type { CaseFailure, ConformanceReport, TierReport, UnprovenCase } from '../report.js'
import type { Case } from '../suites/case.js'
import { STATE_CASE } from './asked-state.js'
import type { RunSetting } from './run-case.js'
import { tierOf, type LeftOut, type Selection } from './selection.js'
import type { Tier, TierChoice } from './tiers.js'
import type { Unproven } from './unproven.js'

interface Run extends Selection, TierChoice {
  readonly setting: Pick<RunSetting, 'askedState'>
}

/** What became of the cases of a run. */
export class Outcomes {
  readonly #run: Run
  #passed: Case[] = []
  #unproven: UnprovenCase[] = []
  readonly #failures: (CaseFailure & { readonly tier: Tier })[] = []

  constructor(run: Run) {
    this.#run = run
  }

  pass(item: Case): void {
    this.#passed.push(item)
  }

  fail(item: Case, error: unknown): void {
    const { message, stack } = error instanceof Error ? error : new Error(String(error))
    this.#failures.push({ case: item.id, title: item.title, message, stack, tier: tierOf(item) })
  }

  /** A case that had ended has failed after all. False where it had failed already. */
  failLate(item: Case, error: unknown): boolean {
    if (this.#failures.some((failure) => failure.case === item.id)) return false
    this.#passed = this.#passed.filter((passed) => passed !== item)
    this.#unproven = this.#unproven.filter((unproven) => unproven.case !== item.id)
    this.fail(item, error)
    return true
  }

  /** False where the tier is required: there a case that proves nothing has failed. */
  noteUnproven(item: Case, { message }: Unproven): boolean {
    if (this.#run.required.includes(tierOf(item))) return false
    this.#unproven.push({ case: item.id, tier: tierOf(item), reason: message })
    return true
  }

  summary(): Pick<ConformanceReport, 'passed' | 'failed' | 'failures' | 'unproven' | 'tiers'> {
    const failures = [...this.#failures, ...missingCases(this.#run)]
    if (this.#run.chosen.length === 0 && failures.length === 0) {
      failures.push(noCaseRan(this.#run.leftOut.length))
    }
    if (failures.length === 0) failures.push(...untriedState(this.#run))
    return {
      passed: this.#passed.length,
      failed: failures.length,
      failures: failures.map(({ case: id, title, message, stack }) => ({ case: id, title, message, stack })),
      unproven: this.#unproven,
      tiers: this.#run.tiers.map((tier) => this.#tierReport(tier, failures)),
    }
  }

  #tierReport(tier: Tier, failures: readonly { readonly tier: Tier }[]): TierReport {
    const leftOut = this.#run.leftOut.filter((one) => one.tier === tier)
    return {
      tier,
      passed: this.#passed.filter((item) => tierOf(item) === tier).length,
      failed: failures.filter((one) => one.tier === tier).length,
      skipped: leftOut.length,
      missing: [
        ...new Set(leftOut.filter(({ because }) => because === 'machine').map(({ reason }) => reason)),
      ],
    }
  }
}

/** The cases that this machine was required to run and cannot. */
export function requiredAndMissing({ leftOut, required }: Selection & TierChoice): readonly LeftOut[] {
  return leftOut.filter(({ because, tier }) => because === 'machine' && required.includes(tier))
}

const missingCases = (run: Selection & TierChoice): (CaseFailure & { readonly tier: Tier })[] =>
  requiredAndMissing(run).map(({ case: id, tier, reason }) => ({
    case: id,
    title: `can be run: tier ${tier} is required`,
    message: reason,
    stack: undefined,
    tier,
  }))

function untriedState({ setting: { askedState } }: Run): (CaseFailure & { readonly tier: Tier })[] {
  const message = askedState?.whyUntried()
  if (message === undefined) return []
  const { id, title } = STATE_CASE
  return [{ case: id, title, message, stack: undefined, tier: 1 }]
}

function noCaseRan(leftOut: number): CaseFailure & { readonly tier: Tier } {
  const message = leftOut === 0 ? 'there is no case of these tiers' : `none of ${leftOut} cases applies`
  return { case: 'kit.runs-a-case', title: 'runs at least one case', message, stack: undefined, tier: 1 }
}
