import { describePersistentLog } from '@persistent-log/conformance'

await describePersistentLog({
  backend: '@persistent-log/backend-faster',
  config: (directory) => ({ directory, options: { faster: { mmap: 'off' } } }),
  tiers: [1, 2],
})
