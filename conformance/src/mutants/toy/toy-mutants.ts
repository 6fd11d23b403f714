import { TOY_DEFECTS, type ToyDefect } from './toy-defects.js'

/** A broken toy log, and the cases that must notice it. */
export interface ToyMutant {
  readonly name: ToyDefect
  readonly what: string
  /** Ids of cases of one tier that are after this defect; each of them must fail. */
  readonly caughtBy: readonly string[]
  /** The only fault that those cases try. */
  readonly state?: string | undefined
}

/** The module that a mutant is opened from, with `options: { toy: { defect } }`. */
export const TOY_BACKEND = new URL('./toy-backend.js', import.meta.url)

/** Cases that any machine can run. */
const CAUGHT_BY: Readonly<Partial<Record<ToyDefect, readonly string[]>>> = {
  userBuffer: [
    'dur.kill-keeps-one-of-each',
    'dur.kill-keeps-acked',
    'dur.weaker-call-survives-what-it-asked',
    'rec.kill-cycles-keep-growing',
    'model.commands-with-kill',
  ],
  acceptAckEarly: ['dur.accept-durable-before-resolve'],
  promiseVolatile: ['dur.reopen-keeps-promise', 'dur.promise-durable'],
  configurationVolatile: ['dur.reopen-keeps-configuration', 'dur.configuration-durable'],
  checkpointVolatile: ['dur.reopen-keeps-checkpoint', 'dur.checkpoint-durable'],
  discardVolatile: ['dur.reopen-keeps-discard', 'dur.kill-keeps-one-of-each'],
  pointVolatile: ['dur.reopen-keeps-compaction', 'rec.compaction-then-reopen'],
  commitVolatile: ['dur.reopen-keeps-commit', 'dur.reopen-keeps-learn'],
  batchNotAtomic: ['batch.kill-mid-batch', 'batch.weak-states-all-or-nothing'],
  flushCoversNothing: ['dur.flush-covers-earlier-calls'],
  recoveryNotAtomic: ['rec.crash-during-open'],
  noLock: [
    'lock.second-process-refused',
    'lock.other-process-is-told-the-owner',
    'lock.worker-thread-refused',
    'lock.symlinked-dir-same-lock',
  ],
  lockLeak: ['lock.refused-open-keeps-lock'],
  lockNotReleased: ['lock.released-on-close'],
  stalePidFile: ['lock.released-on-sigkill'],
  claimsToBeShared: ['lock.shared-as-declared'],
  createIfMissing: ['rec.missing-identity-never-opens-empty'],
  startsAnew: [
    'rec.directory-is-a-file',
    'rec.foreign-directory-refused',
    'rec.newer-format-refused',
    'rec.missing-engine-files-never-opens-empty',
    'rec.identity-truncated',
    'rec.identity-flipped',
  ],
  creationNotTold: ['rec.existing-empty-dir'],
  takesAnyBackend: ['rec.other-backend-refused'],
  handleLeak: ['close.no-fd-leak'],
  liveTimer: ['close.no-live-handles'],
  timerWhileOpen: ['close.open-log-keeps-nothing-alive'],
  rejectionUnhandled: ['close.no-live-handles'],
  endNotNoticed: ['rec.report-after-kill'],
  openingNotRepeatable: ['rec.crash-during-creation', 'rec.crash-during-open'],
  creationNotRepeatable: ['rec.crash-during-creation'],
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
  salvageShowsOlder: ['rot.rest-still-readable'],
  salvageDropsRest: ['rot.rest-still-readable'],
  salvageNamesNothing: ['rot.rest-still-readable'],
  damagedIsEmpty: ['rot.rest-still-readable'],
  damagedTakesAccept: ['rot.rest-still-readable'],
  damagedTakesCommit: ['rot.rest-still-readable'],
  scanPassesDamage: ['rot.rest-still-readable'],
  verifyFindsNothing: ['rot.rest-still-readable'],
  verifyNamesNothing: ['rot.rest-still-readable'],
  pruneTakesValid: ['rot.newest-checkpoint-falls-back'],
  damagedHidesOlder: ['rot.newest-checkpoint-falls-back'],
  olderForDamaged: ['rot.newest-checkpoint-required'],
  damageForgotten: ['rot.repaired-by-learn'],
  repairVolatile: ['rot.repaired-by-learn'],
  tornLineFatal: ['dur.states-in-order'],
  shortTailIsClean: ['dur.states-in-order'],
  staleBytesBehindCut: ['dur.states-strict-model'],
  flushErrorIgnored: ['fault.fsync-eio-poisons'],
  flushRetried: ['fault.fsync-eio-poisons'],
  poisonedConfigures: ['fault.fsync-eio-poisons'],
  poisonedCannotRead: ['fault.fsync-eio-poisons'],
  poisonUnnamed: ['fault.fsync-eio-poisons'],
  pageCacheBelieved: ['fault.fsync-eio-poisons'],
  shortWriteIgnored: ['fault.short-write-completed'],
  flushForgetsWeaker: [
    'dur.states-with-weaker-writes',
    'dur.states-with-paced-flushes',
    'dur.states-with-repeated-writes',
  ],
  votesLostUntold: ['dur.states-with-weaker-writes'],
  votesLostTaken: ['dur.states-with-weaker-writes'],
  votesLostForgotten: ['dur.states-with-weaker-writes'],
  votesNeverRegained: ['dur.states-with-weaker-writes'],
  checkpointOvertakes: ['cp.states-hold-what-it-covers', 'dur.states-with-repeated-writes'],
  blobNotFlushed: ['dur.states-ext4-model'],
  blobNameNotFlushed: ['dur.states-strict-model'],
}

/** Cases that strace serves; where a sample of faults would often miss the defect, the fault that shows it. */
const TRACED: readonly Omit<ToyMutant, 'what'>[] = [
  {
    name: 'neverFlushes',
    caughtBy: ['dur.sync-before-ack', 'dur.traced-states-in-order', 'dur.traced-states-ext4'],
  },
  { name: 'flushesLate', caughtBy: ['dur.sync-before-ack'] },
  { name: 'noDirectoryFlush', caughtBy: ['dur.traced-states-strict'] },
  { name: 'tornLineFatal', caughtBy: ['dur.traced-states-torn'] },
  { name: 'claimsTooLittle', caughtBy: ['cap.durability-not-underclaimed'] },
  { name: 'flushErrorIgnored', caughtBy: ['fault.failed-flush-proves-nothing'] },
  { name: 'flushRetried', caughtBy: ['fault.failed-flush-proves-nothing'] },
  {
    name: 'writeErrorIgnored',
    caughtBy: ['fault.each-syscall-eio-until-none'],
    state: 'load/pwrite64/EIO/2',
  },
  // Node.js repeats a call that was interrupted: this shows only that the case looks at what is there afterwards.
  {
    name: 'commitVolatile',
    caughtBy: ['fault.each-syscall-eintr-until-none'],
    state: 'load/pwrite64/EINTR/2',
  },
  {
    name: 'userBuffer',
    caughtBy: ['fault.each-syscall-sigkill-until-none'],
    state: 'load/pwrite64/SIGKILL/2',
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

/** Cases that mount a file system, and cut its power. */
const POWERED: readonly Omit<ToyMutant, 'what'>[] = [
  { name: 'neverFlushes', caughtBy: ['dur.power-cut-ext4', 'dur.power-cut-xfs'] },
  // Whether bytes that nobody flushed have reached the disk is a matter of luck: this one is found on any disk.
  {
    name: 'stalePidFile',
    caughtBy: ['dur.power-cut-at-creation-ext4', 'dur.power-cut-at-creation-xfs'],
  },
  { name: 'diesOfErrors', caughtBy: ['fault.disk-full'] },
  { name: 'flushErrorIgnored', caughtBy: ['fault.real-flush-error'] },
]

/** All of them. One that cases of several tiers are after is listed for each. */
export const TOY_MUTANTS: readonly ToyMutant[] = [
  ...(Object.entries(CAUGHT_BY) as [ToyDefect, readonly string[]][]).map(([name, caughtBy]) => ({
    name,
    caughtBy,
  })),
  ...TRACED,
  ...POWERED,
].map((mutant) => ({ ...mutant, what: TOY_DEFECTS[mutant.name] }))
