import * as v from 'valibot'
import type { OptionsSchema } from '../contract/backend.js'
import { isRecord } from './shape.js'

export { v }

/** A schema of valibot for these fields that is an {@link OptionsSchema} too. */
export type Fields<Entries extends v.ObjectEntries> = v.StrictObjectSchema<Entries, string> &
  OptionsSchema<v.InferOutput<v.StrictObjectSchema<Entries, string>>>

const isNoList = (value: unknown): boolean => isRecord(value) && !Array.isArray(value)

/** One check of a value. In a union it is no sign that another member was meant: its issue is told. */
function anything<Value>(fits: (value: Value) => boolean, must: string) {
  return v.pipe(
    v.custom<Value>(() => true, must),
    v.check(fits, must),
  )
}

/** The checks that refuse a field which nobody would read, with the fields that may stand in its place. */
const knownKeysOf = new WeakMap<object, readonly string[]>()

function refusesOthersThan(names: readonly string[]): () => boolean {
  const refuses = (): boolean => false
  knownKeysOf.set(refuses, names)
  return refuses
}

/** What a field that is missing would have to be. */
function mustOf(entries: v.ObjectEntries, path: readonly { readonly key: unknown }[] = []): string {
  const [field] = path.map(({ key }) => entries[String(key)])
  return field !== undefined && 'message' in field && typeof field.message === 'string'
    ? field.message
    : 'is required'
}

/**
 * An object of these fields and no others: a misspelt one would be read by nobody. All that is wrong is named at once, other
 * than by `strictObject` of valibot, which stops at the first unknown key.
 *
 * @param must - what is allowed, for people; default: the fields
 */
export function fields<const Entries extends v.ObjectEntries>(
  entries: Entries,
  must?: string,
): Fields<Entries> {
  const keys = Object.keys(entries)
  const names = keys.join(', ')
  const known = names === '' ? 'none is allowed' : `allowed are ${names}`
  const schema = v.pipe(
    v.custom<Record<string, unknown>>(
      isNoList,
      must ?? (names === '' ? 'must be an empty object' : `must be an object of ${names}`),
    ),
    v.objectWithRest(entries, anything(refusesOthersThan(keys), `is not a known key; ${known}`), ({ path }) =>
      mustOf(entries, path),
    ),
  )
  const safeParse: Fields<Entries>['safeParse'] = (input) => {
    const { success, output, issues } = v.safeParse(schema, input)
    if (success) return { success, data: output }
    const told = issues.map(({ requirement, message, path = [] }) => ({
      message,
      knownKeys: knownKeysOf.get(Object(requirement) as object),
      path: path.map(({ key }) => key as PropertyKey),
    }))
    return { success, error: { issues: told } }
  }
  return Object.assign(schema, { safeParse }) as unknown as Fields<Entries>
}

/** An object of at least these fields, as it is handed over with functions in it; all others are left alone. */
export function someFields<const Entries extends v.ObjectEntries>(entries: Entries, must: string) {
  return v.pipe(
    v.custom<Record<string, unknown>>(isNoList, must),
    v.looseObject(entries, ({ path }) => mustOf(entries, path)),
  )
}

/** An integer within bounds, in one check, so that one mistake makes one issue. */
export function integer(from: number, to: number) {
  const fits = (value: number): boolean => Number.isInteger(value) && value >= from && value <= to
  return anything(fits, `must be an integer from ${from} to ${to}`)
}

/** One of these words. */
export function oneOf<const Words extends readonly string[]>(words: Words) {
  return v.picklist(words, `must be one of ${words.map((word) => JSON.stringify(word)).join(', ')}`)
}

/** True or false. */
export const flag = v.boolean('must be true or false')
