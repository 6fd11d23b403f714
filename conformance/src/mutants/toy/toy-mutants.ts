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

const CAUGHT_BY: Readonly<Partial<Record<ToyDefect, readonly string[]>>> = {
  userBuffer: ['dur.kill-keeps-one-of-each', 'dur.kill-keeps-acked', 'model.commands-with-kill'],
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
  neverFlushes: [
    'dur.states-in-order',
    'batch.crash-states-all-or-nothing',
    'model.commands-with-crash-state',
  ],
  flushesLate: ['dur.states-in-order'],
  noDirectoryFlush: ['dur.states-strict-model', 'dur.dir-fsync-on-create'],
  renameBeforeFlush: ['dur.states-ext4-model'],
  oldFileRemovedFirst: ['rec.crash-during-recovery'],
  noChecksum: ['rot.flip-every-byte'],
  checksumWithoutPlace: ['rot.swap-two-records'],
  endNotProven: ['rot.truncate-every-length', 'rot.stale-file'],
  foreignFileTaken: ['rot.record-from-other-log'],
  missingFileIsEmpty: ['rot.missing-file'],
  cutAtFirstBad: ['rot.flip-every-byte', 'rot.zeroed-and-swapped-blocks'],
  tornLineFatal: ['dur.states-in-order'],
  shortTailIsClean: ['dur.states-in-order'],
  staleBytesBehindCut: ['dur.states-strict-model'],
  flushErrorIgnored: ['fault.fsync-eio-poisons'],
  flushRetried: ['fault.fsync-eio-poisons'],
  pageCacheBelieved: ['fault.fsync-eio-poisons'],
  shortWriteIgnored: ['fault.short-write-completed'],
  flushForgetsWeaker: ['dur.states-with-weaker-writes'],
  blobNotFlushed: ['dur.states-ext4-model'],
  blobNameNotFlushed: ['dur.states-strict-model'],
}

/** Mutants that strace shows too, or alone; where a sample of faults would often miss one, the fault that shows it. */
const TRACED: readonly Omit<ToyMutant, 'what' | 'tier'>[] = [
  { name: 'neverFlushes', caughtBy: ['dur.sync-before-ack', 'dur.traced-states-ext4'] },
  { name: 'flushesLate', caughtBy: ['dur.sync-before-ack'] },
  { name: 'noDirectoryFlush', caughtBy: ['dur.traced-states-strict'] },
  { name: 'flushErrorIgnored', caughtBy: ['fault.failed-flush-proves-nothing'] },
  { name: 'flushRetried', caughtBy: ['fault.failed-flush-proves-nothing'] },
  {
    name: 'writeErrorIgnored',
    caughtBy: ['fault.each-syscall-eio-until-none'],
    state: 'load/pwrite64/EIO/2',
  },
  {
    name: 'diesOfErrors',
    caughtBy: ['fault.each-syscall-enospc-until-none'],
    state: 'load/pwrite64/ENOSPC/2',
  },
  {
    name: 'hangsAfterError',
    caughtBy: ['fault.each-syscall-eio-until-none'],
    state: 'load/pwrite64/EIO/2',
  },
]

/** All of them. One that cases of two tiers are after is listed for each. */
export const TOY_MUTANTS: readonly ToyMutant[] = [
  ...(Object.entries(CAUGHT_BY) as [ToyDefect, readonly string[]][]).map(([name, caughtBy]) => ({
    name,
    what: TOY_DEFECTS[name],
    caughtBy,
    tier: 1 as const,
  })),
  ...TRACED.map((mutant) => ({ ...mutant, what: TOY_DEFECTS[mutant.name], tier: 2 as const })),
]
