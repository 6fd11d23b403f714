import { describePersistentLog } from '@persistent-log/conformance'

/** A budget for every day; CI spends the usual one on it (`.ci/run`). */
const budgets = { modelRuns: 60, kills: 4, crashStates: 100, damages: 20 }

await describePersistentLog({
  backend: '@persistent-log/backend-example',
  config: (directory) => ({ directory }),
  budgets,
})
