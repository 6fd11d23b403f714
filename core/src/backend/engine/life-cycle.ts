import type { LogStatus } from '../../contract/persistent-log.js'
import { isPersistentLogError, type PersistentLogError } from '../../errors/persistent-log-error.js'
import { raise } from '../../errors/raise.js'

/** What a call does to the log: writes are refused once it is poisoned. */
export type Access = 'read' | 'write'

/**
 * open -> poisoned -> closing -> closed. Calls that were let in finish before `close` releases anything; none is let in
 * after it was called.
 */
export class LifeCycle {
  #state: LogStatus['state'] = 'open'
  #failure: { readonly cause: unknown } | undefined
  #running = 0
  /** Told when the first write fails and when closing begins: what waits for the log to go on waits in vain. */
  #onStop: (() => void) | undefined
  #idle: (() => void) | undefined
  #closing: Promise<void> | undefined

  get state(): LogStatus['state'] {
    return this.#state === 'open' && this.#failure ? 'poisoned' : this.#state
  }

  /** What poisoned the log. */
  get cause(): unknown {
    return this.#failure?.cause
  }

  /** Why no write may start now; `undefined` where one may. */
  refusal(operation: string): PersistentLogError | undefined {
    if (this.#state !== 'open') return raise.notOpen(operation)
    return this.#failure && raise.poisoned(operation, this.#failure.cause)
  }

  /** Throws unless a call may start now. */
  check(operation: string, access: Access, signal?: AbortSignal): void {
    const mayStart = this.#state === 'open' && (this.#failure === undefined || access === 'read')
    const refusal = mayStart ? undefined : this.refusal(operation)
    if (refusal) throw refusal
    signal?.throwIfAborted()
  }

  /** `listener` runs when the log is poisoned and when it begins to close. */
  whenStopped(listener: () => void): void {
    this.#onStop = listener
  }

  /** Throws if the log was poisoned since a call that waited was let in. */
  checkPoison(operation: string): void {
    if (this.#failure) throw raise.poisoned(operation, this.#failure.cause)
  }

  /** Runs a call; its synchronous part runs before this returns. */
  async run<T>(
    operation: string,
    access: Access,
    signal: AbortSignal | undefined,
    body: () => T | Promise<T>,
  ): Promise<T> {
    this.check(operation, access, signal)
    this.enter()
    try {
      return await body()
    } finally {
      this.leave()
    }
  }

  /** Something begins that `close` has to wait for: each is followed by one `leave`. */
  enter(): void {
    this.#running++
  }

  leave(): void {
    if (--this.#running === 0) this.#idle?.()
  }

  /** After the first failed write nothing that is written later can be trusted. Returns what its caller is told. */
  poison(operation: string, cause: unknown): unknown {
    if (!this.#failure) {
      this.#failure = { cause }
      this.#onStop?.()
      return isPersistentLogError(cause) ? cause : raise.io(operation, {}, { cause })
    }
    return raise.poisoned(operation, this.#failure.cause)
  }

  /** Lets running calls finish, then releases. Idempotent: every call gets the outcome of the first. */
  close(release: () => Promise<void>): Promise<void> {
    this.#closing ??= this.#close(release)
    return this.#closing
  }

  async #close(release: () => Promise<void>): Promise<void> {
    this.#state = 'closing'
    try {
      this.#onStop?.()
      if (this.#running > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
      await release()
    } finally {
      this.#state = 'closed'
    }
  }
}
