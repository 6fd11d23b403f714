import { describePersistentLog } from '@persistent-log/conformance'

/** What a log of files is most likely to get wrong; CI examines all of it (`.ci/run`). */
const only = [
  ...['basic', 'order', 'bound', 'batch', 'cp', 'rec', 'trim', 'lock', 'close'],
  ...['dur.kill-keeps-acked', 'dur.states-strict-model', 'fault.fsync-eio-poisons', 'rot.flip-every-byte'],
]

await describePersistentLog({
  backend: '@persistent-log/backend-example',
  config: (directory) => ({ directory }),
  budgets: 'brief',
  only,
})
