import { describePersistentLog } from '@persistent-log/conformance'
import { isThorough } from './support/thorough.js'

await describePersistentLog({
  backend: '@persistent-log/backend-faster',
  config: (directory) => ({ directory, options: { faster: { mmap: 'required' } } }),
  tiers: isThorough ? [1, 2] : [1],
  budgets: isThorough ? 'quick' : 'brief',
})
