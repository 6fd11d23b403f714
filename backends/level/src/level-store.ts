import {
  raise,
  STORE_PAGE_BYTES,
  type OrderedStore,
  type StoreOperation,
  type StorePair,
  type StoreRange,
} from '@persistent-log/core/backend'
import type { Database } from './database.js'
import { engineError } from './engine-error.js'

/** What the store works on. */
export interface LevelStoreParts {
  readonly database: Database
  /** Called once when LevelDB is closed; `intact` when no write ever failed. */
  readonly closed: (intact: boolean) => Promise<void>
}

/** Bytes that a key may hold here: LevelDB keeps a batch several times in memory. */
const MAX_VALUE_BYTES = 64 * 1024 * 1024

/** A key below all others, which no record has. */
const NO_KEY = Uint8Array.of(0)

/** Bytes after which a step of an iterator returns what it has: enough to hide the cost of the call. */
const STEP_BYTES = 1024 * 1024

/**
 * LevelDB as an ordered store. Each `write` is one batch, one record of LevelDB's log, flushed before the promise
 * resolves. Every batch is flushed, whatever its callers ask for: LevelDB closes a full log without a flush, so that a
 * flush of the next one would not cover earlier batches.
 *
 * The first failure is the last write: after a write to its log that failed, LevelDB takes the next one, reports success,
 * and drops it at the next open.
 */
export class LevelStore implements OrderedStore {
  readonly survives = 'power-loss'
  readonly openBy = 'one-process'
  readonly maxValueBytes = MAX_VALUE_BYTES
  readonly #database: Database
  readonly #closed: LevelStoreParts['closed']
  #failure: { readonly cause: unknown } | undefined
  #written = false
  #closing: Promise<void> | undefined

  constructor({ database, closed }: LevelStoreParts) {
    this.#database = database
    this.#closed = closed
  }

  get(key: Uint8Array): Uint8Array | undefined {
    try {
      return this.#database.getSync(key)
    } catch (cause) {
      throw engineError('read', cause)
    }
  }

  /** The iterator lives for this page only: one that stays open keeps LevelDB from deleting files. */
  async page({ from, to, limit }: StoreRange): Promise<StorePair[]> {
    const pairs: StorePair[] = []
    let bytes = 0
    try {
      const iterator = this.#database.iterator({ gte: from, lt: to, limit, highWaterMarkBytes: STEP_BYTES })
      try {
        for (let step = await iterator.nextv(limit); step.length > 0; step = await iterator.nextv(limit)) {
          for (const [key, value] of step) {
            pairs.push({ key, value })
            bytes += value.byteLength
          }
          if (pairs.length >= limit || bytes >= STORE_PAGE_BYTES) break
        }
      } finally {
        await iterator.close()
      }
      return pairs
    } catch (cause) {
      throw engineError('read', cause)
    }
  }

  async write(operations: readonly StoreOperation[]): Promise<void> {
    this.#check('write')
    const batch = this.#database.batch()
    for (const { key, value } of operations) {
      if (value) batch.put(key, value)
      else batch.del(key)
    }
    this.#written = true
    await this.#attempt('write', batch.write({ sync: true }))
  }

  /** Deleted and replaced records leave the disk only when tables are merged. */
  async reclaim(from: Uint8Array, to: Uint8Array): Promise<void> {
    this.#check('reclaim')
    await this.#attempt('reclaim', this.#database.compactRange(from, to))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    try {
      try {
        // Empties LevelDB's log into a table, whose length the MANIFEST knows: a log that loses whole records at its end
        // would look like one that never had them.
        if (this.#written && !this.#failure) {
          await this.#attempt('close', this.#database.compactRange(NO_KEY, NO_KEY))
        }
      } finally {
        await this.#attempt('close', this.#database.close())
      }
    } finally {
      await this.#closed(this.#failure === undefined)
    }
  }

  #check(operation: string): void {
    if (this.#failure) throw raise.poisoned(operation, this.#failure.cause)
  }

  async #attempt(operation: string, work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (cause) {
      this.#failure ??= { cause }
      throw engineError(operation, cause)
    }
  }
}
