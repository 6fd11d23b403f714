import { raise } from '@persistent-log/core'
import { v, type OptionsSchema } from '@persistent-log/core/backend'

/** The largest seed: what draws from it has 32 bits. */
export const MAX_SEED = 2 ** 32 - 1

const SHOWN_LETTERS = 60

/** A value as a message shows it: nothing that is long. */
export function shownValue(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > SHOWN_LETTERS ? `${value.slice(0, SHOWN_LETTERS)}...` : value)
  }
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}

/** Refuses what was asked for: the field or variable, what is allowed there, and what was found. */
export function invalid(field: string, allowed: string, value: unknown): Error {
  const message = `${allowed}, got ${shownValue(value)}`
  return raise.invalidConfig([{ path: field, message, value }])
}

/** A function; what it takes and returns shows when it is called. */
export const callback = v.custom<() => unknown>((value) => typeof value === 'function', 'must be a function')

/** Throws `PLOG_INVALID_CONFIG` with every field of `input` that the schema refuses. */
export function check(schema: OptionsSchema<unknown>, input: unknown, below: readonly string[] = []): void {
  const result = schema.safeParse(input)
  if (result.success) return
  throw raise.invalidConfig(
    result.error.issues.map((issue) => {
      const value = issue.path.reduce<unknown>(
        (at, step) => (at as Record<PropertyKey, unknown>)?.[step],
        input,
      )
      const path = [...below, ...issue.path].map(String).join('.')
      const found = issue.knownKeys !== undefined ? '' : `, got ${shownValue(value)}`
      return { path, message: `${issue.message}${found}`, value }
    }),
  )
}

/** What an environment variable says; an empty one says nothing. */
export const variable = (name: string): string | undefined => process.env[name] || undefined
