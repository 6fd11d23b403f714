import { describePersistentLog } from '@persistent-log/conformance'

/** Where files are read and written; what maps cannot change is looked at with them, in the test beside this one. */
const ABOUT_FILES = ['dur', 'rec', 'rot', 'batch', 'cp', 'parts', 'trim', 'threads']

// The whole kit, in all tiers, goes through a log without maps in CI (`.ci/run`).
await describePersistentLog({
  backend: '@persistent-log/backend-faster',
  config: (directory) => ({ directory, options: { faster: { mmap: 'off' } } }),
  tiers: [1],
  only: ABOUT_FILES,
  budgets: { modelRuns: 40, kills: 4, crashStates: 60, damages: 20 },
})
