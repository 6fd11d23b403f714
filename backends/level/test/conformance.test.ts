import { readFileSync } from 'node:fs'
import { describePersistentLog } from '@persistent-log/conformance'

/** Its own files, and models that are harder than the file systems it asks for: see the limits in the README. */
const WAIVERS = new URL('../../waivers.json', import.meta.url)

const isThorough = process.env['CI'] === 'true'

await describePersistentLog({
  backend: '@persistent-log/backend-level',
  config: (directory) => ({ directory }),
  tiers: isThorough ? [1, 2] : [1],
  budgets: isThorough ? 'quick' : 'brief',
  waivers: JSON.parse(readFileSync(WAIVERS, 'utf8')) as Record<string, string>,
})
