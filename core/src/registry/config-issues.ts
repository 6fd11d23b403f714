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

/** The fields of an object that a schema describes: of one of valibot in `entries`, of one of zod in `shape`. */
const fieldsOf = (schema: unknown): Record<PropertyKey, unknown> | undefined =>
  isRecord(schema) ? [schema.entries, schema.shape].find(isRecord) : undefined

/** What a schema is made of: optional, defaulted and read-only ones wrap another, a union has several, a pipe as well. */
function innerSchemas(schema: Record<PropertyKey, unknown>): readonly unknown[] {
  const def = isRecord(schema.def) ? schema.def : schema
  const several = [def.pipe, def.options].filter(Array.isArray).flat() as readonly unknown[]
  return [def.wrapped, def.innerType, ...several].filter(isRecord)
}

/** The fields of the object in a schema; of the members of a union it is the first that has any. */
function objectIn(schema: unknown): Record<PropertyKey, unknown> | undefined {
  if (!isRecord(schema)) return undefined
  return (
    fieldsOf(schema) ??
    innerSchemas(schema)
      .map(objectIn)
      .find((inner) => inner !== undefined)
  )
}

/**
 * The keys that a schema knows at a path, as far as it says: duck-typed, for a backend may carry a schema of valibot, of zod,
 * or of neither.
 */
function knownKeysAt(schema: unknown, path: readonly PropertyKey[]): readonly string[] | undefined {
  const at = path.reduce((inner, key) => objectIn(inner)?.[key], schema)
  const known = objectIn(at)
  return known && Object.keys(known)
}

/** Says that a key is unknown, and which ones are not, as far as that is known. */
export function unknownKey(key: string, known: readonly string[] | undefined): string {
  const near = nearest(key, known ?? [])
  const hint = near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`
  const allowed =
    known === undefined ? '' : known.length === 0 ? '; none is allowed' : `; allowed are ${known.join(', ')}`
  return `is not a known key${hint}${allowed}`
}

/** The keys that an issue calls unknown: `fields()` makes an issue of each, a schema of zod one of all in an object. */
function unknownKeysOf(issue: OptionsIssue): {
  readonly within: readonly PropertyKey[]
  readonly keys: readonly string[]
} {
  const { code, keys } = issue as { readonly code?: unknown; readonly keys?: unknown }
  if (code === 'unknown_key')
    return { within: issue.path.slice(0, -1), keys: issue.path.slice(-1).map(String) }
  return { within: issue.path, keys: code === 'unrecognized_keys' && Array.isArray(keys) ? keys : [] }
}

/** The issues that a schema found in `input`, each with its full path, what is allowed, and the value that was there. */
export function configIssues(
  issues: readonly OptionsIssue[],
  found: { readonly input: unknown; readonly schema: unknown; readonly below?: readonly string[] },
): ConfigIssue[] {
  const { input, schema, below = [] } = found
  return issues.flatMap((issue): ConfigIssue[] => {
    const { within, keys } = unknownKeysOf(issue)
    if (keys.length > 0) {
      const known = knownKeysAt(schema, within)
      return keys.map((key) => ({
        path: shownPath([...below, ...within, key]),
        message: unknownKey(key, known),
        value: valueAt(input, [...within, key]),
      }))
    }
    const value = valueAt(input, issue.path)
    const path = shownPath([...below, ...issue.path])
    return [{ path, message: `${issue.message}, got ${shownValue(value)}`, value }]
  })
}
