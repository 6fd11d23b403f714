import { describePersistentLog } from '@persistent-log/conformance'

/** A budget for every day; CI spends the usual one on it (`.ci/run`). */
const budgets = { modelRuns: 30, kills: 2, crashStates: 60, damages: 10 }

await describePersistentLog({
  backend: '@persistent-log/backend-example',
  config: (directory) => ({ directory }),
  budgets,
})
