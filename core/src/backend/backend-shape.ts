import { isFunction, isRecord, type Part } from './shape.js'

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/

/** What every declaration of a backend names: also the key of its section, a line for people, and the schema of its options. */
export const DECLARED_PARTS: readonly Part[] = [
  ['name', 'lower-case letters, digits and dashes', (value) => typeof value === 'string' && NAME.test(value)],
  ['summary', 'a string', (value) => typeof value === 'string'],
  [
    'options',
    'a schema with safeParse(), as fields() makes one',
    (value) => isRecord(value) && isFunction(value.safeParse),
  ],
]

/** The parts of a backend, each with what it has to be. */
export const BACKEND_PARTS: readonly Part[] = [
  ...DECLARED_PARTS,
  ['needsDirectory', 'a boolean', (value) => typeof value === 'boolean'],
  ['open', 'a function', isFunction],
]

/** What keeps a value from being a backend, one sentence each; empty when it is one. */
export function backendFaults(value: unknown): readonly string[] {
  if (!isRecord(value)) return ['it must be an object']
  return BACKEND_PARTS.filter(([part, , is]) => !is(value[part])).map(
    ([part, must]) => `${part} must be ${must}`,
  )
}
