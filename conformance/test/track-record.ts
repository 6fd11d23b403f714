/** A bug in a real engine, and what reproduces it. */
export interface FoundBug {
  readonly bug: string
  readonly engine: string
  /** The case that fails over it. */
  readonly case: string
  /** A test of this repository, or the name of a broken log with the same defect: `npm run mutants -- --only name`. */
  readonly shownBy: string
}

const LEVEL = 'backends/level/test/bare/bare-level.test.ts'
const LMDB = 'backends/lmdb/test/bare/bare-lmdb.test.ts'

/** What the kit has found in engines as they come, and in the backends of this repository while they were made. */
export const TRACK_RECORD: readonly FoundBug[] = [
  {
    bug: 'a log file that is too short is taken for a whole one: acknowledged writes give way to older ones without a word',
    engine: 'LevelDB as it comes',
    case: 'rot.truncate-every-length',
    shownBy: LEVEL,
  },
  {
    bug: 'a read of its log that fails in recovery is taken for the end of the log, and the log is removed (mended in `level`)',
    engine: 'LevelDB as it comes, `level`',
    case: 'fault.each-syscall-eio-until-none',
    shownBy: LEVEL,
  },
  {
    bug: 'of decided slots that had rotted, the highest ones were known to be damaged, and read as empty when the log was closed and opened once more (mended)',
    engine: '`faster`',
    case: 'rot.repaired-by-learn',
    shownBy: 'backends/faster/test/sealed-damage.test.ts',
  },
  {
    bug: 'half a footer, which a close had left on a device that failed, was reported as damage at the next open (mended)',
    engine: '`faster`',
    case: 'fault.each-syscall-eio-until-none',
    shownBy: 'backends/faster/test/lost-ends.test.ts',
  },
  {
    bug: 'an open over a folder that could not be closed was refused by an error of Node.js, not of the log (mended)',
    engine: 'every backend with files',
    case: 'fault.each-syscall-enospc-until-none',
    shownBy: 'backends/level/test/found.test.ts',
  },
  {
    bug: 'writes are acknowledged before they are flushed, by default',
    engine: 'LevelDB as it comes',
    case: 'dur.sync-before-ack',
    shownBy: LEVEL,
  },
  {
    bug: 'a file that is too short is a SIGSEGV',
    engine: 'LMDB as it comes',
    case: 'rot.truncate-every-length',
    shownBy: LMDB,
  },
  {
    bug: 'a flush that fails behind a write (`overlappingSync`) ends the process by a promise that nobody can catch',
    engine: 'LMDB as it comes',
    case: 'fault.failed-flush-proves-nothing',
    shownBy: LMDB,
  },
  {
    bug: 'writes are acknowledged and never flushed (`noSync`)',
    engine: 'LMDB as it comes',
    case: 'dur.sync-before-ack',
    shownBy: LMDB,
  },
  {
    bug: 'opened once more after the flush of its first names had failed, and acknowledging, a log was empty after a power cut (mended)',
    engine: '`faster`',
    case: 'fault.fsync-eio-poisons',
    shownBy: 'backends/faster/test/crash.test.ts',
  },
  {
    bug: 'the ballot of the point was forgotten when the group that told it was written anew after a crash, and compacted (mended)',
    engine: '`faster`',
    case: 'model.commands-with-crash-state',
    shownBy: 'backends/faster/test/lost-ends.test.ts',
  },
  {
    bug: 'half a footer, which a close left whose flush failed, was reported as damage (mended)',
    engine: '`faster`',
    case: 'fault.failed-flush-proves-nothing',
    shownBy: 'backends/faster/test/sealed-damage.test.ts',
  },
  {
    bug: 'behind a footer that only the page cache held, others were written; after a power cut its absence was reported as damage (mended)',
    engine: '`faster`',
    case: 'fault.fsync-eio-poisons',
    shownBy: 'backends/faster/test/sealing.test.ts',
  },
  {
    bug: 'a footer that was made anew over an older one was half of each behind a SIGKILL in between, and reported as damage (mended)',
    engine: '`faster`',
    case: 'rec.kill-cycles-keep-growing',
    shownBy: 'backends/faster/test/footers-made-anew.test.ts',
  },
  {
    bug: 'a checkpoint that could not be read, or whose file could not be closed, was refused by an error of Node.js, not of the log (mended)',
    engine: '`faster`',
    case: 'fault.each-syscall-eio-until-none',
    shownBy: 'core/test/backend/engine/divisible-checkpoints.test.ts',
  },
  {
    bug: 'a decision at `process-crash` whose proposal could not be read was refused by an error of Node.js, not of the log (mended)',
    engine: '`faster` without maps',
    case: 'fault.each-syscall-eio-until-none',
    shownBy: 'core/test/backend/engine/at-once.test.ts',
  },
  {
    bug: 'a power cut took decisions at `process-crash` below a checkpoint that was acknowledged, and left the checkpoint (mended)',
    engine: '`faster`',
    case: 'cp.states-hold-what-it-covers',
    shownBy: 'backends/faster/test/survival.test.ts',
  },
  {
    bug: 'a batch that repeated what a weaker call had stored was, after a power cut, there without that part (mended)',
    engine: 'core, by `faster`',
    case: 'dur.states-with-repeated-writes',
    shownBy: 'backends/faster/test/weak-and-strong.test.ts',
  },
  {
    bug: 'a proposal at `process-crash` that was superseded while `flush` moved the region to the tail: a power cut behind the flush left neither it nor its successor (mended)',
    engine: '`faster`',
    case: 'batch.weak-states-all-or-nothing',
    shownBy: 'backends/faster/test/weak-and-strong.test.ts',
  },
  {
    bug: 'a strong write that was held back behind a weaker one was overtaken by a later strong one: a discard dropped what was accepted behind it, or left the slot for damaged, while the log was open (mended)',
    engine: 'core, by `faster`',
    case: 'conc.shown-in-call-order',
    shownBy: 'core/test/backend/engine/order-and-visibility.test.ts',
  },
  {
    bug: 'a flush resolved what had been appended for the next one too: half of a batch was shown, and weak writes were let past a discard (mended)',
    engine: '`faster`',
    case: 'conc.shown-in-call-order',
    shownBy: 'backends/faster/test/shown-order.test.ts',
  },
  {
    bug: 'a decision at `process-crash` that a discard of the slots around it had passed was lost, over a clean close too (mended)',
    engine: '`faster`',
    case: 'model.histories-with-reopen',
    shownBy: 'backends/faster/test/weak-and-strong.test.ts',
  },
  {
    bug: 'where the index of a sealed segment and one of its groups were both damaged, a salvage showed an older version of a slot as its decision (mended)',
    engine: '`faster`',
    case: 'rot.rest-still-readable',
    shownBy: 'backends/faster/test/sealed-damage.test.ts',
  },
  {
    bug: 'what had rotted in the last segment since a clean close got an intact footer at the next close: a decision was a proposal again, without a word (mended)',
    engine: '`faster`',
    case: 'rot.repaired-by-learn',
    shownBy: 'backends/faster/test/sealed-damage.test.ts',
  },
  {
    bug: 'a key that rotted leaves a tree out of order, which `quick_check` passes and in which SQLite does not find again what it acknowledged since (mended)',
    engine: 'the example of a third party, over SQLite',
    case: 'rot.repaired-by-learn',
    shownBy: 'core/test/backend/ordered-store/bad-keys.test.ts',
  },
  {
    bug: 'a key that rotted was refused by every strict open, whatever was learned anew after a salvage (mended)',
    engine: 'core, by every ordered store',
    case: 'rot.repaired-by-learn',
    shownBy: 'core/test/backend/ordered-store/bad-keys.test.ts',
  },
  {
    bug: 'an open that failed while it rewrote a closed log left the mark of the close: the next one missed what the close had written, and refused the log as damaged (mended)',
    engine: 'core, by the backend of an example',
    case: 'fault.fsync-eio-poisons',
    shownBy: 'core/test/backend/ordered-store/define-store-backend.test.ts',
  },
  {
    bug: 'a creation that began again after its last flush had failed wrote its identity into the file of the first: a power cut brought that name back, over the engine of the other, and the log was refused as damaged (mended)',
    engine: 'core, by the backend of an example',
    case: 'fault.fsync-eio-poisons',
    shownBy: 'core/test/backend/directory/open-directory.test.ts',
  },
  {
    bug: 'a creation whose last flush failed was opened once more and served: a power cut took the name of its identity, and the log was refused as damaged (mended)',
    engine: 'core, by `faster`',
    case: 'fault.fsync-eio-poisons',
    shownBy: 'core/test/backend/directory/open-directory.test.ts',
  },
  {
    bug: 'of slots of which a salvage had found nothing but their numbers, verify named none (mended)',
    engine: 'core, by `faster`',
    case: 'rot.rest-still-readable',
    shownBy: 'core/test/backend/engine/damage.test.ts',
  },
  {
    bug: 'an install that repeated a stored checkpoint discarded from below the point, and was not refused (mended)',
    engine: 'core, by every backend',
    case: 'install.discard-below-point-refused',
    shownBy: 'installDiscardsBelowPoint',
  },
  {
    bug: 'a folder that is gone was an error of the system, not damage (mended)',
    engine: '`faster`',
    case: 'rot.missing-file',
    shownBy: 'missingFileIsEmpty',
  },
  {
    bug: 'a file was missing, or could be cut back to any flush, and passed for whole (mended)',
    engine: 'the example of a custom backend',
    case: 'rot.truncate-every-length',
    shownBy: 'endNotProven',
  },
]
