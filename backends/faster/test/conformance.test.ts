import { describePersistentLog } from '@persistent-log/conformance'
import { isThorough } from './support/thorough.js'

/** For every day; in CI the usual one is spent, and system calls are looked at too. */
const EVERYDAY = { modelRuns: 30, kills: 2, crashStates: 20, damages: 8 }

await describePersistentLog({
  backend: '@persistent-log/backend-faster',
  config: (directory) => ({ directory, options: { faster: { mmap: 'required' } } }),
  tiers: isThorough ? [1, 2] : [1],
  budgets: isThorough ? 'quick' : EVERYDAY,
})
