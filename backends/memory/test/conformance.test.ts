import { describePersistentLog } from '@persistent-log/conformance'

await describePersistentLog({
  backend: '@persistent-log/backend-memory',
  config: (directory) => ({ directory }),
  // A thousand histories find what a hundred do not, and cost two seconds where nothing is flushed.
  budgets: { modelRuns: 2_000 },
})
