import { describePersistentLog } from '@persistent-log/conformance'

/** LevelDB takes a read of its log that fails while it replays it for the end of it: see the limits in the README. */
const READS_BLINDLY =
  'a read of its log that fails in recovery is taken for the end of the log, without a word'

/** Its own files, and models that are harder than the file systems it asks for: see the limits in the README. */
const HARDER_MODELS =
  'LevelDB relies on a name being durable before later bytes are, and on sectors that are written whole'

await describePersistentLog({
  backend: '@persistent-log/backend-level',
  config: (directory) => ({ directory }),
  tiers: [1, 2],
  waivers: {
    'fault.each-syscall-eio-until-none': READS_BLINDLY,
    'dur.traced-states-strict': HARDER_MODELS,
    'dur.traced-states-ext4': HARDER_MODELS,
  },
})
