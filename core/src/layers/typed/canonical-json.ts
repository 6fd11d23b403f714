import { isPlain } from '../../backend/arguments.js'

/** An object or array on the way from the whole value to where `JSON.stringify` is. */
interface Level {
  /** What `JSON.stringify` goes through: for an object a copy with sorted keys. */
  readonly holder: object
  readonly original: object
  readonly key: string
}

/** What JSON would change on its way, in words; `undefined` for what it keeps. What has a `toJSON` was replaced before. */
function changedByJson(holder: unknown, value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : String(value)
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint')
    return `a ${typeof value}`
  // As a property it is left out; as an item it would become null.
  if (value === undefined) return Array.isArray(holder) ? 'undefined' : undefined
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isPlain(value)) return undefined
  const { constructor } = value as { readonly constructor?: { readonly name?: unknown } | undefined }
  return `an object of ${String(constructor?.name)}`
}

const step = (holder: object, key: string): string => {
  if (Array.isArray(holder)) return `[${key}]`
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}

/** Where a value stands in the whole: `orders[3].price`. */
function placeOf(levels: readonly Level[], key: string): string {
  if (levels.length === 0) return 'the value'
  const keys = [...levels.slice(1).map((level) => level.key), key]
  const place = keys.map((name, depth) => step(levels[depth]!.holder, name)).join('')
  return place.startsWith('.') ? place.slice(1) : `the value${place}`
}

const byKey = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : a > b ? 1 : 0)

/** JSON with its keys in one order, whatever order they were written in; what it would change is a `TypeError` with its place. */
export function canonicalJson(value: unknown): string | undefined {
  const levels: Level[] = []
  function checked(this: object, key: string, one: unknown): unknown {
    while (levels.length > 0 && levels.at(-1)!.holder !== this) levels.pop()
    if (Object.is(one, -0))
      throw new TypeError(`${placeOf(levels, key)} is -0, which JSON.stringify writes as 0`)
    const changed = changedByJson(this, one)
    if (changed !== undefined)
      throw new TypeError(`${placeOf(levels, key)} is ${changed}, which JSON does not have`)
    if (typeof one !== 'object' || one === null) return one
    if (levels.some(({ original }) => original === one))
      throw new TypeError(`${placeOf(levels, key)} is what it stands in, a circle, which JSON does not have`)
    const holder: object = Array.isArray(one) ? one : Object.fromEntries(Object.entries(one).sort(byKey))
    levels.push({ holder, original: one, key })
    return holder
  }
  return JSON.stringify(value, checked)
}
