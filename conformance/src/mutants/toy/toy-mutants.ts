import type { Tier } from '../../running/tiers.js'
import { TOY_DEFECTS, type ToyDefect } from './toy-defects.js'

/** A broken toy log, and the cases that must notice it. */
export interface ToyMutant {
  readonly name: ToyDefect
  readonly what: string
  /** Ids of the cases that are after this defect; each of them must fail. */
  readonly caughtBy: readonly string[]
  /** The tier of those cases. */
  readonly tier: Tier
  /** The only fault to try. */
  readonly state?: string | undefined
}

/** The module that a mutant is opened from, with `options: { toy: { defect } }`. */
export const TOY_BACKEND = new URL('./toy-backend.js', import.meta.url)

const CAUGHT_BY: Readonly<Record<ToyDefect, readonly string[]>> = {
  userBuffer: ['dur.kill-keeps-one-of-each', 'dur.kill-keeps-acked'],
  acceptAckEarly: ['dur.accept-durable-before-resolve'],
  promiseVolatile: ['dur.reopen-keeps-promise', 'dur.promise-durable'],
  configurationVolatile: ['dur.reopen-keeps-configuration', 'dur.configuration-durable'],
  checkpointVolatile: ['dur.reopen-keeps-checkpoint', 'dur.checkpoint-durable'],
  discardVolatile: ['dur.reopen-keeps-discard', 'dur.kill-keeps-one-of-each'],
  pointVolatile: ['dur.reopen-keeps-compaction', 'rec.compaction-then-reopen'],
  commitVolatile: ['dur.reopen-keeps-commit', 'dur.reopen-keeps-learn'],
  batchNotAtomic: ['batch.kill-mid-batch'],
  flushCoversNothing: ['dur.flush-covers-earlier-calls'],
  recoveryNotAtomic: ['rec.crash-during-open'],
  noLock: ['lock.second-process-refused', 'lock.worker-thread-refused', 'lock.symlinked-dir-same-lock'],
  lockLeak: ['lock.refused-open-keeps-lock'],
  stalePidFile: ['lock.released-on-sigkill'],
  createIfMissing: ['rec.missing-identity-never-opens-empty'],
  takesAnyBackend: ['rec.other-backend-refused'],
  handleLeak: ['close.no-fd-leak'],
  liveTimer: ['close.no-live-handles'],
  rejectionUnhandled: ['close.no-live-handles'],
  strayFileFatal: ['rec.stray-temporary-files'],
  neverFlushes: ['dur.sync-before-ack'],
  flushesLate: ['dur.sync-before-ack'],
  flushErrorIgnored: ['fault.failed-flush-proves-nothing'],
  flushRetried: ['fault.failed-flush-proves-nothing'],
  writeErrorIgnored: ['fault.each-syscall-eio-until-none'],
  diesOfErrors: ['fault.each-syscall-enospc-until-none'],
  hangsAfterError: ['fault.each-syscall-eio-until-none'],
}

/** Mutants that only strace can show, and, where a sample of faults would often miss it, the fault that shows it. */
const TRACED: Readonly<Partial<Record<ToyDefect, { readonly state?: string }>>> = {
  neverFlushes: {},
  flushesLate: {},
  flushErrorIgnored: {},
  flushRetried: {},
  writeErrorIgnored: { state: 'load/write/EIO/2' },
  diesOfErrors: { state: 'load/write/ENOSPC/2' },
  hangsAfterError: { state: 'load/write/EIO/2' },
}

/** All of them. */
export const TOY_MUTANTS: readonly ToyMutant[] = (Object.keys(TOY_DEFECTS) as ToyDefect[]).map((name) => ({
  name,
  what: TOY_DEFECTS[name],
  caughtBy: CAUGHT_BY[name],
  tier: TRACED[name] ? 2 : 1,
  state: TRACED[name]?.state,
}))
