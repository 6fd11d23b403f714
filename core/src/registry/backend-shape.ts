import type { Backend } from '../contract/backend.js'

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/

/** The parts of a backend, each with what it has to be. */
const PARTS: readonly (readonly [part: keyof Backend, must: string, is: (value: unknown) => boolean])[] = [
  ['name', 'lower-case letters, digits and dashes', (value) => typeof value === 'string' && NAME.test(value)],
  ['summary', 'a string', (value) => typeof value === 'string'],
  ['needsDirectory', 'a boolean', (value) => typeof value === 'boolean'],
  [
    'options',
    'a schema with safeParse(), for instance one of zod',
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      'safeParse' in value &&
      typeof value.safeParse === 'function',
  ],
  ['open', 'a function', (value) => typeof value === 'function'],
]

/** What keeps a value from being a backend, one sentence each; empty when it is one. */
export function backendFaults(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return ['it must be an object']
  const record = value as Readonly<Record<string, unknown>>
  return PARTS.filter(([part, , is]) => !is(record[part])).map(([part, must]) => `${part} must be ${must}`)
}
