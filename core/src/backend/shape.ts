import { shownValue } from '../errors/shown-value.js'

/** One part of an object: what it has to be, and whether it is. */
export type Part = readonly [name: string, must: string, is: (value: unknown) => boolean]

/** Any object, to be looked at part by part. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

export const isFunction = (value: unknown): boolean => typeof value === 'function'

/** A part that may be missing. */
export const orMissing =
  (is: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || is(value)

/** An object whose parts are what they have to be, or a `TypeError` with a sentence for each that is not. */
export function checkParts(value: unknown, field: string, parts: readonly Part[]): void {
  if (!isRecord(value)) throw new TypeError(`${field} is ${shownValue(value)}; it must be an object`)
  const faults = parts
    .filter(([name, , is]) => !is(value[name]))
    .map(([name, must]) => `${field}.${name} is ${shownValue(value[name])}; it must be ${must}`)
  if (faults.length > 0) throw new TypeError(faults.join('. '))
}
