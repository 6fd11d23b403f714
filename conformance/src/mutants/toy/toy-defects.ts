/** What can be broken in the toy log on purpose; each line says what the suites must notice. */
export const TOY_DEFECTS = {
  userBuffer: 'writes are acknowledged from a buffer of the process, which its death empties',
  acceptAckEarly: 'an accept is acknowledged before it is written',
  promiseVolatile: 'a promise is kept in memory only',
  configurationVolatile: 'a configuration record is kept in memory only',
  checkpointVolatile: 'a checkpoint is named in memory only',
  discardVolatile: 'a discard is not written, so that an old suffix comes back',
  pointVolatile: 'the compaction point is not written',
  commitVolatile: 'a decision is written as an accepted proposal',
  batchNotAtomic: 'a batch is written slot by slot',
  flushCoversNothing: 'flush resolves without waiting for earlier calls',
  recoveryNotAtomic: 'opening empties the file and writes it anew line by line',
  noLock: 'the lock is given back as soon as the log is open',
  lockLeak: 'a refused second open ends the lock of the first',
  stalePidFile: 'a file that names the owner outlives the owner',
  createIfMissing: 'a directory that lost its identity is opened as an empty log',
  takesAnyBackend: 'the directory of another backend is taken over',
  handleLeak: 'close leaves a file open',
  liveTimer: 'close leaves a timer running',
  rejectionUnhandled: 'closing rejects a promise that nobody holds',
  strayFileFatal: 'an unknown temporary file keeps the log from opening',
  neverFlushes: 'nothing is flushed',
  flushesLate: 'a write is acknowledged while its flush is still running',
  flushErrorIgnored: 'a flush that failed counts as one',
  flushRetried: 'a flush that failed is tried again, which proves nothing',
  writeErrorIgnored: 'a write that failed is acknowledged all the same',
  diesOfErrors: 'a failed write ends the process',
  hangsAfterError: 'a failed write is never answered',
} as const

/** One of them. */
export type ToyDefect = keyof typeof TOY_DEFECTS
