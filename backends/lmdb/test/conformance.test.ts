import { readFileSync } from 'node:fs'
import { describePersistentLog } from '@persistent-log/conformance'

/** Not the log's to mend, and no acknowledged write is lost by it: see the limits in the README. */
const WAIVERS = new URL('../../waivers.json', import.meta.url)

/** For every day; in CI the usual one is spent. */
const EVERYDAY = { modelRuns: 40, kills: 4, crashStates: 60, damages: 20, faults: 2 }

await describePersistentLog({
  backend: '@persistent-log/backend-lmdb',
  config: (directory) => ({ directory }),
  tiers: [1, 2],
  budgets: process.env['CI'] === 'true' ? 'quick' : EVERYDAY,
  waivers: JSON.parse(readFileSync(WAIVERS, 'utf8')) as Record<string, string>,
})
