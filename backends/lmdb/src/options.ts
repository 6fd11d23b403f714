import { fields, flag, integer, v } from '@persistent-log/core/backend'

/** How long LMDB may take to answer a write, in ms. */
const WRITE_TIMEOUT_MS = 30_000
/** Shorter waits would take a slow disk for a dead one. */
const SHORTEST_WRITE_TIMEOUT_MS = 100
/** Timers of Node.js end here: 24.8 days. */
const LONGEST_WRITE_TIMEOUT_MS = 2 ** 31 - 1

/** The section `options.lmdb` of a configuration. */
export const lmdbOptions = fields({
  /**
   * How long a write may take, in ms; then it rejects with `PLOG_IO` and the log is poisoned. Default 30,000. After an
   * error of the disk LMDB may leave a write unanswered for ever: without a limit its callers would wait with it. Raise
   * it where a healthy disk stalls for longer.
   */
  writeTimeoutMs: v.optional(integer(SHORTEST_WRITE_TIMEOUT_MS, LONGEST_WRITE_TIMEOUT_MS), WRITE_TIMEOUT_MS),
  /**
   * Whether the kernel reads ahead where pages are read for the first time. Default true: the first reading of a store
   * is the scan at open. Set false when the store is larger than memory and its reads are scattered.
   */
  readAhead: v.optional(flag, true),
})

/** Options of the backend, completed. */
export type LmdbOptions = v.InferOutput<typeof lmdbOptions>

/** The options as a user writes them: what is left out has its default. */
export type LmdbOptionsInput = v.InferInput<typeof lmdbOptions>
