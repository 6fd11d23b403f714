import { describePersistentLog } from '@persistent-log/conformance'

await describePersistentLog({
  backend: '@persistent-log/backend-level',
  config: (directory) => ({ directory }),
  tiers: [1, 2],
})
