import { describePersistentLog } from '@persistent-log/conformance'

/**
 * What maps do not change is looked at with them, in the test beside this one; failing system calls and traced power cuts
 * without them are looked at in CI (`.ci/run`).
 */
const budgets = { modelRuns: 60, kills: 4, crashStates: 150, damages: 30 }

await describePersistentLog({
  backend: '@persistent-log/backend-faster',
  config: (directory) => ({ directory, options: { faster: { mmap: 'off' } } }),
  tiers: [1],
  budgets,
})
