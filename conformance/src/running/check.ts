import { raise } from '@persistent-log/core'
import { z } from '@persistent-log/core/backend'

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

/** An integer, in one check, so that one mistake makes one issue. */
export function integer(from: number, to: number) {
  const error = `must be an integer from ${from} to ${to}`
  return z.number({ error }).refine((value) => Number.isInteger(value) && value >= from && value <= to, {
    error,
  })
}

/** A function; what it takes and returns shows when it is called. */
export const callback = z.custom<() => unknown>((value) => typeof value === 'function', {
  error: 'must be a function',
})

/** An object of these fields and no others: a misspelt one would be read by nobody. */
export function fields<const Shape extends z.ZodRawShape>(shape: Shape) {
  const names = Object.keys(shape).join(', ')
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === 'unrecognized_keys'
        ? `is not a known key; allowed are ${names}`
        : `must be an object of ${names}`,
  })
}

/** Throws `PLOG_INVALID_CONFIG` with every field of `input` that the schema refuses. */
export function check(schema: z.ZodType, input: unknown, below: readonly string[] = []): void {
  const { error } = schema.safeParse(input)
  if (error === undefined) return
  throw raise.invalidConfig(
    error.issues.flatMap((issue) =>
      (issue.code === 'unrecognized_keys' ? issue.keys : [undefined]).map((key) => {
        const within = key === undefined ? issue.path : [...issue.path, key]
        const value = within.reduce<unknown>(
          (at, step) => (at as Record<PropertyKey, unknown>)?.[step],
          input,
        )
        const path = [...below, ...within].map(String).join('.')
        const found = key === undefined ? `, got ${shownValue(value)}` : ''
        return { path, message: `${issue.message}${found}`, value }
      }),
    ),
  )
}

/** What an environment variable says; an empty one says nothing. */
export const variable = (name: string): string | undefined => process.env[name] || undefined
