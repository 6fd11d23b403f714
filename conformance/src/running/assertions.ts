import { expect } from 'chai'
import {
  isPersistentLogError,
  type ErrorCode,
  type ErrorContext,
  type PersistentLogError,
} from '@persistent-log/core'

/** A call under test: a promise, or a function that may also throw at once. */
export type Attempt = Promise<unknown> | (() => unknown)

/** What a call ended with. */
export async function outcomeOf(
  attempt: Attempt,
): Promise<{ readonly error?: unknown; readonly value?: unknown }> {
  try {
    return { value: await (typeof attempt === 'function' ? attempt() : attempt) }
  } catch (error) {
    return { error }
  }
}

/** A call whose outcome is looked at later: that it fails meanwhile must not end the process. */
export function started<T>(call: Promise<T>): Promise<T> {
  call.catch(() => undefined)
  return call
}

async function errorOf(attempt: Attempt, expected: string): Promise<unknown> {
  const outcome = await outcomeOf(attempt)
  if (!('error' in outcome)) expect.fail(`${expected} was expected, but the call succeeded`)
  return outcome.error
}

/** The call must be refused with this code, and the context must hold at least these facts. */
export async function rejects(
  attempt: Attempt,
  code: ErrorCode,
  context: Partial<ErrorContext> = {},
): Promise<PersistentLogError> {
  const error = await errorOf(attempt, code)
  if (!isPersistentLogError(error)) {
    expect.fail(
      `${code} was expected, but the call failed with ${error instanceof Error ? error.stack : String(error)}`,
    )
  }
  expect(error.code, error.message).to.equal(code)
  for (const [fact, value] of Object.entries(context)) {
    expect(error.context[fact as keyof ErrorContext], `context.${fact} of ${code}`).to.deep.equal(value)
  }
  return error
}

/** The call must be refused as a programmer's mistake, by an error that names the field. */
export async function rejectsArgument(
  attempt: Attempt,
  kind: 'TypeError' | 'RangeError' | 'either',
  field: string,
): Promise<void> {
  const error = await errorOf(attempt, kind)
  const kinds =
    kind === 'either' ? [TypeError, RangeError] : kind === 'TypeError' ? [TypeError] : [RangeError]
  const shown = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  expect(
    kinds.some((constructor) => error instanceof constructor),
    `${kind} was expected, but the call failed with ${shown}`,
  ).to.equal(true)
  expect((error as Error).message, `the message names the field`).to.include(field)
}
