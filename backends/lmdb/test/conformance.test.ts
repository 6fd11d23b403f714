import { describePersistentLog } from '@persistent-log/conformance'

await describePersistentLog({
  backend: '@persistent-log/backend-lmdb',
  config: (directory) => ({ directory }),
})
