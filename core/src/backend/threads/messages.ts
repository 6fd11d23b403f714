import { deserialize, serialize } from 'node:v8'
import { isPersistentLogError, PersistentLogError } from '../../errors/persistent-log-error.js'
import type { ErrorCode } from '../../errors/codes.js'
import type { ErrorContext } from '../../errors/persistent-log-error.js'

/** What an attached thread asks its owner to do; the names are those of the log's methods, and `entries`: a part of a scan. */
export type OwnerMethod =
  | 'promise'
  | 'accept'
  | 'acceptAll'
  | 'commit'
  | 'commitAll'
  | 'learn'
  | 'learnAll'
  | 'discard'
  | 'read'
  | 'readAccepted'
  | 'entries'

/** A call of an attached thread. */
export interface OwnerCall {
  readonly id: number
  readonly method: OwnerMethod
  readonly args: readonly unknown[]
}

/** What came of one. */
export type OwnerAnswer =
  { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: ThrownError }

/** An error on its way to another thread. */
interface ThrownError {
  readonly name: string
  readonly message: string
  readonly code?: ErrorCode | undefined
  readonly context?: ErrorContext | undefined
}

/** A call as bytes. */
export const encodeCall = (call: OwnerCall): Uint8Array => serialize(call)

/** What `encodeCall` made bytes of. */
export const decodeCall = (frame: Uint8Array): OwnerCall => deserialize(frame) as OwnerCall

/** An answer as bytes. */
export const encodeAnswer = (answer: OwnerAnswer): Uint8Array => serialize(answer)

/** What `encodeAnswer` made bytes of. */
export const decodeAnswer = (frame: Uint8Array): OwnerAnswer => deserialize(frame) as OwnerAnswer

/** Takes an error apart; what it was caused by stays where it is, in words. */
export function thrown(error: unknown): ThrownError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const { name, message } = error
  if (!isPersistentLogError(error)) return { name, message }
  // The value of a field is the caller's own, whatever it is; he has it.
  const { value: _, ...context } = error.context
  const bare = message.slice(error.code.length + 2)
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : ''
  return { name, message: bare + cause, code: error.code, context }
}

/** The same error, on this side. */
export function errorFrom({ name, message, code, context }: ThrownError): Error {
  if (code !== undefined) return new PersistentLogError(code, message, context)
  if (name === 'TypeError') return new TypeError(message)
  return name === 'RangeError' ? new RangeError(message) : new Error(message)
}
