import { describePersistentLog, Unproven, type Case, type Runner } from '@persistent-log/conformance'
import { TOY_BACKEND } from '../../src/mutants/toy/toy-mutants.js'

/** Fails, so that whoever counts sees that a failure counts. */
const failing: Case = {
  id: 'own.fails',
  title: 'fails',
  run: () => Promise.reject(new Error('as it should')),
}

/** No runner ends it so soon by itself. */
const hanging: Case = {
  id: 'own.hangs',
  title: 'hangs',
  timeoutMs: 200,
  run: () => new Promise(() => undefined),
}

const provingNothing: Case = {
  id: 'own.proves-nothing',
  title: 'proves nothing',
  run: () => Promise.reject(new Unproven('no fault hit')),
}

/**
 * Cases that need nothing, that start processes and threads, that fail, hang, prove nothing, and that this machine cannot
 * run: whoever starts the runner hides strace from it.
 */
export function register(runner?: Runner): Promise<void> {
  return describePersistentLog({
    backend: TOY_BACKEND,
    runner,
    seed: 1,
    tiers: [1, 2],
    budgets: { kills: 4 },
    only: [
      'basic.store-then-retrieve',
      'basic.errors-have-code',
      'lock.second-process-refused',
      'lock.worker-thread-refused',
      'dur.kill-keeps-acked',
      'dur.sync-before-ack',
      'own',
    ],
    additionalCases: [failing, hanging, provingNothing],
  })
}
