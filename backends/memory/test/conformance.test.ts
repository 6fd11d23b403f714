import { describePersistentLog } from '@persistent-log/conformance'

await describePersistentLog({
  backend: '@persistent-log/backend-memory',
  config: (directory) => ({ directory }),
})
