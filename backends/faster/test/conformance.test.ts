import { describePersistentLog } from '@persistent-log/conformance'
import { isThorough } from './support/thorough.js'

/** For every day; in CI the usual one is spent. */
const EVERYDAY = { modelRuns: 60, kills: 4, crashStates: 100, damages: 30, faults: 2 }

await describePersistentLog({
  backend: '@persistent-log/backend-faster',
  config: (directory) => ({ directory, options: { faster: { mmap: 'required' } } }),
  tiers: [1, 2],
  budgets: isThorough ? 'quick' : EVERYDAY,
})
