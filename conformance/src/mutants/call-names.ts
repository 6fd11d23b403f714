// What a call of the log knows in its options: written a second time, as everything that the kit examines with.

/** A flush, a promise, a scan of what is undecided, and so on. */
export const CALL = ['signal']
export const WRITE = ['signal', 'survives']
export const ACCEPT_ALL = [...WRITE, 'discardFrom']
export const ONE_KIND = [...CALL, 'batchLength', 'damaged']
export const DECISIONS = [...ONE_KIND, 'includeAccepted']
export const COMPACT = [...CALL, 'before', 'retain', 'acrossGaps', 'withoutCheckpoint']
export const STORE = [...CALL, 'ballot', 'metadata', 'acrossGaps']
export const INSTALL = [...CALL, 'ballot', 'metadata', 'discardFrom']
export const PRUNE = [...CALL, 'keep']
