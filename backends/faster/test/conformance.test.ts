import { describePersistentLog } from '@persistent-log/conformance'
import { isThorough } from './support/thorough.js'

/** For every day; in CI the usual one is spent. */
const EVERYDAY = { modelRuns: 40, kills: 4, crashStates: 60, damages: 20, faults: 2 }

await describePersistentLog({
  backend: '@persistent-log/backend-faster',
  config: (directory) => ({ directory, options: { faster: { mmap: 'required' } } }),
  tiers: [1, 2],
  budgets: isThorough ? 'quick' : EVERYDAY,
})
