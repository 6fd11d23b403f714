export { REPLAY_VARIABLE } from './model/replay.js'
export {
  describePersistentLog,
  type DescribeOptions,
  type It,
  type Runner,
} from './describe-persistent-log.js'
export { runConformance, type ConformanceOptions, type RunBeginning } from './run-conformance.js'
export type { CaseFailure, CaseResult, ConformanceReport, TierReport, UnprovenCase } from './report.js'
export {
  compareBackends,
  type Contestant,
  type Difference,
  type DifferentialOptions,
  type DifferentialReport,
} from './differential/compare-backends.js'
export type { Environment } from './host/environment.js'
export { fileSystemName, fileSystemType, memoryFileSystem } from './host/file-system.js'
export { whyNoDisk, type Facility } from './host/host.js'
export { outcomeOf, rejects, rejectsArgument, started, type Attempt } from './running/assertions.js'
export {
  BUDGET_VARIABLE,
  BRIEF_BUDGETS,
  FULL_BUDGETS,
  nameOfBudgets,
  QUICK_BUDGETS,
  type BudgetChoice,
  type BudgetName,
  type Budgets,
} from './running/budgets.js'
export type { CaseContext } from './running/case-context.js'
export { collect, dump, slotsOf, type Dump } from './running/dump.js'
export { SEED_VARIABLE, STATE_VARIABLE } from './running/prepare-run.js'
export { Random } from './running/random.js'
export type { LeftOut } from './running/selection.js'
export { newTally, type CorruptionTally, type Tally } from './running/tally.js'
export { ALL_TIERS, parseTiers, REQUIRE_VARIABLE, TIERS_VARIABLE, type Tier } from './running/tiers.js'
export { Unproven } from './running/unproven.js'
export { openLogUnderTest, type BackendSpecifier, type OpenConfig, type OpenOrder } from './running/target.js'
export { ballot, bytes, hex, joined, patterned, proposal, proposals, text } from './running/values.js'
export { needs, needsAll, needsReopen, type Case } from './suites/case.js'
export { allCases } from './suites/index.js'
