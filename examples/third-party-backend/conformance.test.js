import { describePersistentLog } from '@persistent-log/conformance'

await describePersistentLog({
  backend: 'plog-backend-sqlite',
  config: (directory) => ({ directory }),
})
