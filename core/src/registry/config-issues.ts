import type { OptionsIssue } from '../contract/backend.js'
import type { ErrorContext } from '../errors/persistent-log-error.js'
import { shownValue } from '../errors/shown-value.js'
import { nearest } from '../errors/nearest.js'

/** One thing that is wrong with a configuration: where, what is allowed, and what was there. */
export type ConfigIssue = NonNullable<ErrorContext['issues']>[number]

const shownPath = (path: readonly PropertyKey[]): string => path.map(String).join('.')

const isRecord = (value: unknown): value is Record<PropertyKey, unknown> =>
  typeof value === 'object' && value !== null

/** What an input holds at a path. */
function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input
  for (const key of path) {
    if (!isRecord(value)) return undefined
    value = value[key]
  }
  return value
}

/**
 * The schema with the keys: optional, defaulted and read-only ones wrap it, and of the members of a union it is the one that
 * has any.
 */
function objectIn(schema: unknown): unknown {
  if (!isRecord(schema) || isRecord(schema.shape) || !isRecord(schema.def)) return schema
  if (isRecord(schema.def.innerType)) return objectIn(schema.def.innerType)
  const { options } = schema.def
  if (!Array.isArray(options)) return schema
  return options.map(objectIn).find((option) => isRecord(option) && isRecord(option.shape)) ?? schema
}

/**
 * The keys that a schema of zod knows at a path, as far as it says: duck-typed, for zod is the author's own dependency.
 */
function knownKeysAt(schema: unknown, path: readonly PropertyKey[]): readonly string[] | undefined {
  let inner = schema
  for (const key of [...path, undefined]) {
    inner = objectIn(inner)
    if (!isRecord(inner) || !isRecord(inner.shape)) return undefined
    if (key === undefined) return Object.keys(inner.shape)
    inner = inner.shape[key]
  }
  return undefined
}

/** Says that a key is unknown, and which ones are not, as far as that is known. */
export function unknownKey(key: string, known: readonly string[] | undefined): string {
  const near = nearest(key, known ?? [])
  const hint = near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`
  const allowed =
    known === undefined ? '' : known.length === 0 ? '; none is allowed' : `; allowed are ${known.join(', ')}`
  return `is not a known key${hint}${allowed}`
}

interface UnrecognizedKeys {
  readonly code: 'unrecognized_keys'
  readonly keys: readonly string[]
}

const namesUnknownKeys = (issue: object): issue is UnrecognizedKeys =>
  'code' in issue && issue.code === 'unrecognized_keys' && 'keys' in issue && Array.isArray(issue.keys)

/** The issues that a schema found in `input`, each with its full path, what is allowed, and the value that was there. */
export function configIssues(
  issues: readonly OptionsIssue[],
  found: { readonly input: unknown; readonly schema: unknown; readonly below?: readonly string[] },
): ConfigIssue[] {
  const { input, schema, below = [] } = found
  return issues.flatMap((issue): ConfigIssue[] => {
    const value = valueAt(input, issue.path)
    const path = shownPath([...below, ...issue.path])
    if (issue.knownKeys !== undefined) {
      return [{ path, message: unknownKey(String(issue.path.at(-1)), issue.knownKeys), value }]
    }
    if (namesUnknownKeys(issue)) {
      const known = knownKeysAt(schema, issue.path)
      return issue.keys.map((key) => ({
        path: shownPath([...below, ...issue.path, key]),
        message: unknownKey(key, known),
        value: valueAt(input, [...issue.path, key]),
      }))
    }
    return [{ path, message: `${issue.message}, got ${shownValue(value)}`, value }]
  })
}
