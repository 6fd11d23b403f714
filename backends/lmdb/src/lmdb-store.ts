import {
  copyBytes,
  raise,
  STORE_PAGE_BYTES,
  type OrderedStore,
  type StoreOperation,
  type StorePair,
  type StoreRange,
} from '@persistent-log/core/backend'
import type { RootDatabase } from 'lmdb'
import { Deadline } from './deadline.js'
import { engineError } from './engine-error.js'

/** What the store works on. */
export interface LmdbStoreParts {
  readonly environment: RootDatabase<Uint8Array, Uint8Array>
  readonly writeTimeoutMs: number
  /** Called once when LMDB is closed; `intact` when no write ever failed and everything is flushed. */
  readonly closed: (intact: boolean) => Promise<void>
}

/** Bytes that a key may hold here; LMDB itself would take 4 GiB, but reads and writes copy them. */
const MAX_VALUE_BYTES = 256 * 1024 * 1024

/** As the port says; LMDB itself would take 1,982 with pages of 4 KiB. */
const MAX_KEY_BYTES = 300

/** A key below all others; it is only ever written and removed in one transaction, to make LMDB write one. */
const NO_KEY = Uint8Array.of(0)

/** How long LMDB may take to close when writes have failed before, in ms: a hung write would hold it for ever. */
const CLOSE_TIMEOUT_MS = 5_000

/**
 * LMDB as an ordered store. Each `write` is one transaction: copied pages, fdatasync, then the meta page that makes it
 * valid, written through to the disk; only then it is visible and the promise resolves.
 *
 * The first failure is the last write: LMDB would take a next one and report success over pages that a failed flush has
 * lost.
 */
export class LmdbStore implements OrderedStore {
  readonly survives = 'power-loss'
  readonly openBy = 'one-process'
  readonly maxValueBytes = MAX_VALUE_BYTES
  readonly #environment: RootDatabase<Uint8Array, Uint8Array>
  readonly #writing: Deadline
  readonly #closed: LmdbStoreParts['closed']
  #failure: { readonly cause: unknown } | undefined
  #written = false
  #closing: Promise<void> | undefined

  constructor({ environment, writeTimeoutMs, closed }: LmdbStoreParts) {
    this.#environment = environment
    this.#writing = new Deadline(writeTimeoutMs, 'a write')
    this.#closed = closed
  }

  /**
   * Writes a transaction that changes nothing. After an unclean end the newest meta page may be in the page cache only,
   * while the pages it names are on the disk, flushed before it was written. The next transaction, whose own meta page
   * names them too, proves all of it before any of it is shown.
   */
  async settle(): Promise<void> {
    await this.write([{ key: NO_KEY, value: NO_KEY }, { key: NO_KEY }])
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const bytes = this.borrow(key)
    return bytes && copyBytes(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length))
  }

  borrow(key: Uint8Array): Uint8Array | undefined {
    try {
      // One array for every read: its own `length` is set to that of this value, its `byteLength` is not.
      return this.#environment.getBinaryFast(key)
    } catch (cause) {
      throw engineError('read', cause)
    }
  }

  /** One synchronous pass over one snapshot: no cursor, and with it no old snapshot, stays behind. */
  page({ from, to, limit }: StoreRange): Promise<StorePair[]> {
    try {
      const pairs: StorePair[] = []
      let bytes = 0
      // lmdb-js copies what it hands out here, other than in `getBinaryFast`.
      for (const pair of this.#environment.getRange({ start: from, end: to, limit })) {
        pairs.push(pair)
        bytes += pair.value.byteLength
        if (bytes >= STORE_PAGE_BYTES) break
      }
      return Promise.resolve(pairs)
    } catch (cause) {
      return Promise.reject(engineError('read', cause))
    }
  }

  async write(operations: readonly StoreOperation[]): Promise<void> {
    if (this.#failure) throw raise.poisoned('write', this.#failure.cause)
    try {
      await this.#writing.within(this.#commit(operations))
      this.#written = true
    } catch (cause) {
      this.#failure = { cause }
      throw engineError('write', cause)
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // LMDB falls back to the older of its two meta pages when the newer one is damaged, without a word. So the last word
    // is said twice: after this, both show everything.
    const failed = this.#written && !this.#failure ? await outcome(this.settle()) : undefined
    const closing = new Deadline(CLOSE_TIMEOUT_MS, 'closing LMDB')
    const closed = this.#environment.close()
    try {
      await closing.within(closed)
    } catch (cause) {
      // Left to a write that hangs, LMDB might still change the file: the lock is given back when it has ended.
      const giveBack = (): Promise<void> => this.#closed(false)
      void closed.then(giveBack, giveBack).catch(() => undefined)
      throw engineError('close', cause)
    } finally {
      closing.end()
      this.#writing.end()
    }
    await this.#closed(this.#failure === undefined)
    if (failed) throw failed.error
  }

  async #commit(operations: readonly StoreOperation[]): Promise<void> {
    // lmdb-js would throw in the middle of the batch, and commit the first part of it.
    for (const { key } of operations) {
      if (key.length === 0 || key.length > MAX_KEY_BYTES)
        throw new RangeError(`a key of ${key.length} bytes; 1 to ${MAX_KEY_BYTES} are allowed`)
    }
    const committed = this.#environment.batch(() => {
      for (const { key, value } of operations) {
        if (value) void this.#environment.put(key, value)
        else void this.#environment.remove(key)
      }
    })
    try {
      await committed
    } catch (error) {
      throw await commitFailure(error)
    }
  }
}

/**
 * The reason of a failed commit. lmdb-js hands it out as a second promise, `commitError`; nobody would catch its
 * rejection, and that ends a Node.js process.
 */
async function commitFailure(error: unknown): Promise<unknown> {
  const reason = (error as { commitError?: unknown } | undefined)?.commitError
  if (!(reason instanceof Promise)) return error
  // It rejects in the same turn; a reason that never comes must not keep its caller.
  const told = outcome(reason as Promise<unknown>).then((failed) => failed?.error)
  const turnLater = new Promise<undefined>((resolve) => setImmediate(resolve, undefined))
  return (await Promise.race([told, turnLater])) ?? error
}

async function outcome(promise: Promise<unknown>): Promise<{ readonly error: Error } | undefined> {
  try {
    await promise
    return undefined
  } catch (error) {
    return { error: error as Error }
  }
}
