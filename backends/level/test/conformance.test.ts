import { describePersistentLog } from '@persistent-log/conformance'

/** LevelDB takes a read of its log that fails while it replays it for the end of it: see the limits in the README. */
const READS_BLINDLY =
  'a read of its log that fails in recovery is taken for the end of the log, without a word'

await describePersistentLog({
  backend: '@persistent-log/backend-level',
  config: (directory) => ({ directory }),
  tiers: [1, 2],
  waivers: { 'fault.each-syscall-eio-until-none': READS_BLINDLY },
})
