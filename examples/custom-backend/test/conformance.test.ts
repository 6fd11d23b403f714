import { describePersistentLog } from '@persistent-log/conformance'

/** For every day; CI spends the usual budget on all cases (`.ci/run`). */
const budgets = { modelRuns: 30, kills: 2, crashStates: 30, damages: 10 }
/** What a log of files is most likely to get wrong. */
const only = [
  ...['basic', 'order', 'bound', 'batch', 'cp', 'rec', 'trim', 'lock', 'close'],
  ...['dur.kill-keeps-acked', 'dur.states-strict-model', 'fault.fsync-eio-poisons', 'rot.flip-every-byte'],
]

await describePersistentLog({
  backend: '@persistent-log/backend-example',
  config: (directory) => ({ directory }),
  budgets,
  only,
})
