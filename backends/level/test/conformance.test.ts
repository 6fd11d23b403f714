import { describePersistentLog } from '@persistent-log/conformance'

/** Its own files, and models that are harder than the file systems it asks for: see the limits in the README. */
const HARDER_MODELS =
  'LevelDB relies on a name being durable before later bytes are, and on sectors that are written whole'

await describePersistentLog({
  backend: '@persistent-log/backend-level',
  config: (directory) => ({ directory }),
  tiers: [1, 2],
  waivers: {
    'dur.traced-states-strict': HARDER_MODELS,
    'dur.traced-states-ext4': HARDER_MODELS,
  },
})
