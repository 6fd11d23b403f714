export { REPLAY_VARIABLE } from './model/cases.js'
export { describePersistentLog, type DescribeOptions, type Runner } from './describe-persistent-log.js'
export { runConformance, type ConformanceOptions } from './run-conformance.js'
export type { CaseFailure, CaseResult, ConformanceReport } from './report.js'
export { outcomeOf, rejects, rejectsArgument, started, type Attempt } from './running/assertions.js'
export {
  BUDGET_VARIABLE,
  FULL_BUDGETS,
  QUICK_BUDGETS,
  type BudgetChoice,
  type Budgets,
} from './running/budgets.js'
export type { CaseContext } from './running/case-context.js'
export { collect, dump, slotsOf, type Dump } from './running/dump.js'
export { SEED_VARIABLE } from './running/prepare-run.js'
export { Random } from './running/random.js'
export type { LeftOut } from './running/selection.js'
export type { Tally } from './running/tally.js'
export { openLogUnderTest, type BackendSpecifier, type OpenConfig, type OpenOrder } from './running/target.js'
export { ballot, bytes, hex, joined, patterned, proposal, proposals, text } from './running/values.js'
export { needs, needsAll, needsReopen, type Case } from './suites/case.js'
export { allCases } from './suites/index.js'
