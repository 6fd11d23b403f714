import { fields, integer, v } from '@persistent-log/core/backend'
import { check, invalid, variable } from './check.js'

/** How much work the expensive cases do. */
export interface Budgets {
  /** Random histories that are run against the model. */
  readonly modelRuns: number
  /** Child processes that are killed with SIGKILL. */
  readonly kills: number
  /** States of the disk after a crash that a log is opened over. */
  readonly crashStates: number
  /** Bytes of a file that are flipped, and lengths that it is cut to; absent: each of them. */
  readonly damages?: number | undefined
  /** System calls that are made to fail, per kind of failure; absent: one by one until none fails any more. */
  readonly faults?: number | undefined
  /** Power cuts, over all cases. */
  readonly powerCuts: number
}

/** For every change: the laws, and a look at what the larger budgets examine. */
export const BRIEF_BUDGETS: Budgets = {
  modelRuns: 30,
  kills: 2,
  crashStates: 20,
  damages: 8,
  faults: 3,
  powerCuts: 2,
}

/** For every day: a few seconds on an engine whose flush takes a millisecond. */
export const QUICK_BUDGETS: Budgets = {
  modelRuns: 120,
  kills: 8,
  crashStates: 300,
  damages: 60,
  faults: 3,
  powerCuts: 6,
}

/** For a verdict: a defect in an acceptor needed up to 832 random histories to show itself. */
export const FULL_BUDGETS: Budgets = { modelRuns: 1_000, kills: 100, crashStates: 5_000, powerCuts: 40 }

const BUDGETS = { brief: BRIEF_BUDGETS, quick: QUICK_BUDGETS, full: FULL_BUDGETS } as const
const names = Object.keys(BUDGETS) as BudgetName[]

/** The budgets that have a name; from the smallest. */
export type BudgetName = keyof typeof BUDGETS

/** What a caller may say about budgets: a name, or numbers on top of the quick ones. */
export type BudgetChoice = BudgetName | Partial<Budgets>

/** The environment variable that decides where the caller did not; `full` there outweighs numbers too. */
export const BUDGET_VARIABLE = 'PLOG_CONFORMANCE_BUDGET'

/** More would run for years. */
const MOST = 1_000_000_000

const amount = integer(1, MOST)
const amounts = fields({
  modelRuns: v.exactOptional(amount),
  kills: v.exactOptional(amount),
  crashStates: v.exactOptional(amount),
  damages: v.optional(amount),
  faults: v.optional(amount),
  powerCuts: v.exactOptional(amount),
})

/** Resolves a choice. */
export function resolveBudgets(choice: BudgetChoice | undefined): Budgets {
  const fromEnvironment = named(BUDGET_VARIABLE, variable(BUDGET_VARIABLE))
  const own = typeof choice === 'object' && choice !== null ? onTopOfQuick(choice) : named('budgets', choice)
  if (fromEnvironment === 'full') return FULL_BUDGETS
  return typeof own === 'object' ? own : BUDGETS[own ?? fromEnvironment ?? 'quick']
}

function onTopOfQuick(numbers: Partial<Budgets>): Budgets {
  check(amounts, numbers, ['budgets'])
  return { ...QUICK_BUDGETS, ...numbers }
}

/** The name of budgets that have one. */
export function nameOfBudgets(budgets: Budgets): BudgetName | undefined {
  return names.find((name) => BUDGETS[name] === budgets)
}

function named(field: string, choice: unknown): BudgetName | undefined {
  const name = names.find((known) => known === choice)
  if (name !== undefined || choice === undefined) return name
  const amountsToo = field === BUDGET_VARIABLE ? '' : ', or an object of numbers'
  throw invalid(field, `must be "brief", "quick" or "full"${amountsToo}`, choice)
}
