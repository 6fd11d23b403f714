import { readFileSync } from 'node:fs'
import { describePersistentLog } from '@persistent-log/conformance'

/** Not the log's to mend, and no acknowledged write is lost by it: see the limits in the README. */
const WAIVERS = new URL('../../waivers.json', import.meta.url)

const isThorough = process.env['CI'] === 'true'
/** For every day; in CI the usual one is spent, and system calls are looked at too. */
const EVERYDAY = { modelRuns: 30, kills: 2, crashStates: 20, damages: 8 }

await describePersistentLog({
  backend: '@persistent-log/backend-lmdb',
  config: (directory) => ({ directory }),
  tiers: isThorough ? [1, 2] : [1],
  budgets: isThorough ? 'quick' : EVERYDAY,
  waivers: JSON.parse(readFileSync(WAIVERS, 'utf8')) as Record<string, string>,
})
