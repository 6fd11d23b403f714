import { describePersistentLog } from '@persistent-log/conformance'

/** Opened to be salvaged, a file that lost a line shows what an older line said: see the README. */
const OLDER_LINES = 'a line that is lost is reported, but not the older version of its slots that comes back'

await describePersistentLog({
  backend: '@persistent-log/backend-example',
  config: (directory) => ({ directory }),
  waivers: { 'rot.rest-still-readable': OLDER_LINES },
})
