import type { Ballot } from '../contract/ballot.js'
import { ERROR_CODES, type ErrorCode, type Retry } from './codes.js'

/** Facts about a failure; which ones are there depends on the code. */
export interface ErrorContext {
  readonly operation?: string | undefined
  readonly slot?: number | undefined
  /** The offender's place in a batch. */
  readonly index?: number | undefined
  /** The ballot of the call, and the one that refused it. */
  readonly ballot?: Ballot | undefined
  readonly stored?: Ballot | undefined
  readonly promised?: Ballot | undefined
  readonly compactedBefore?: number | undefined
  readonly contiguousTo?: number | undefined
  readonly field?: string | undefined
  readonly value?: unknown
  readonly limit?: number | undefined
  readonly used?: number | undefined
  readonly capacity?: number | undefined
  readonly file?: string | undefined
  readonly offset?: number | undefined
  readonly slots?: { readonly from: number; readonly to: number } | undefined
  readonly pid?: number | undefined
  readonly host?: string | undefined
  readonly version?: number | undefined
  readonly known?: readonly string[] | undefined
  readonly issues?:
    readonly { readonly path: string; readonly message: string; readonly value?: unknown }[] | undefined
}

const BRAND = Symbol.for('persistent-log.error')

/** Every failure of a log that is not a programmer's mistake (those are `TypeError` and `RangeError`). */
export class PersistentLogError extends Error {
  readonly code: ErrorCode
  readonly retry: Retry
  readonly context: ErrorContext

  constructor(
    code: ErrorCode,
    message: string,
    context: ErrorContext = {},
    options: { cause?: unknown } = {},
  ) {
    super(`${code}: ${message}`, options)
    this.name = 'PersistentLogError'
    this.code = code
    this.retry = ERROR_CODES[code].retry
    this.context = context
    Object.defineProperty(this, BRAND, { value: true })
  }
}

/**
 * Recognises an error of a log, and optionally its code, by a brand: two copies of this package in one process
 * understand each other, which `instanceof` would not.
 */
export function isPersistentLogError<C extends ErrorCode>(
  error: unknown,
  code?: C,
): error is PersistentLogError & { readonly code: C } {
  if (typeof error !== 'object' || error === null || !(BRAND in error)) return false
  return code === undefined || ('code' in error && error.code === code)
}
