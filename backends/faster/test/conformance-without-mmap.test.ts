import { describePersistentLog } from '@persistent-log/conformance'

/** Where files are read and written; what maps cannot change is looked at with them, in the test beside this one. */
const ABOUT_FILES = [
  ...['rec', 'batch', 'cp', 'trim', 'threads'],
  ...['dur.kill-keeps-acked', 'dur.states-strict-model', 'dur.states-with-weaker-writes'],
  ...['rot.flip-every-byte', 'rot.repaired-by-learn'],
]

// The whole kit, in all tiers, goes through a log without maps in CI (`.ci/run`).
await describePersistentLog({
  backend: '@persistent-log/backend-faster',
  config: (directory) => ({ directory, options: { faster: { mmap: 'off' } } }),
  tiers: [1],
  only: ABOUT_FILES,
  budgets: 'brief',
})
