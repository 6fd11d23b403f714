/** How much work the expensive cases do. */
export interface Budgets {
  /** Random histories that are run against the model. */
  readonly modelRuns: number
  /** Child processes that are killed with SIGKILL. */
  readonly kills: number
}

/** For every day: a few seconds on an engine whose flush takes a millisecond. */
export const QUICK_BUDGETS: Budgets = { modelRuns: 120, kills: 8 }

/** For a verdict: a defect in an acceptor needed up to 832 random histories to show itself. */
export const FULL_BUDGETS: Budgets = { modelRuns: 1_000, kills: 100 }

/** What a caller may say about budgets: a name, or numbers on top of the quick ones. */
export type BudgetChoice = 'quick' | 'full' | Partial<Budgets>

/** The environment variable that decides where the caller did not; `full` there outweighs numbers too. */
export const BUDGET_VARIABLE = 'PLOG_CONFORMANCE_BUDGET'

/** Resolves a choice. */
export function resolveBudgets(choice: BudgetChoice | undefined): Budgets {
  const fromEnvironment = process.env[BUDGET_VARIABLE]
  if (choice === 'full' || fromEnvironment === 'full') return FULL_BUDGETS
  return choice === undefined || choice === 'quick' ? QUICK_BUDGETS : { ...QUICK_BUDGETS, ...choice }
}
