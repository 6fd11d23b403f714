import { describePersistentLog } from '@persistent-log/conformance'

/** Not the log's to mend, and no acknowledged write is lost by it: see the limits in the README. */
const DIES = 'the engine ends the process (SIGSEGV, SIGABRT) over some failed openings, maps and page writes'

await describePersistentLog({
  backend: '@persistent-log/backend-lmdb',
  config: (directory) => ({ directory }),
  tiers: [1, 2],
  waivers: {
    'fault.each-syscall-eio-until-none': DIES,
    'fault.each-syscall-enospc-until-none': DIES,
    'fault.each-syscall-eintr-until-none': DIES,
  },
})
