import { describePersistentLog } from '@persistent-log/conformance'

/** Failing system calls and traced power cuts are looked at with maps here, and without them in CI (`.ci/run`). */
await describePersistentLog({
  backend: '@persistent-log/backend-faster',
  config: (directory) => ({ directory, options: { faster: { mmap: 'off' } } }),
  tiers: [1],
})
