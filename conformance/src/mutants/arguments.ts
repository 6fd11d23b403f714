import {
  MAX_SLOT,
  PART_LIMITS,
  PersistentLogError,
  raise,
  SURVIVALS,
  type Capabilities,
  type PartSource,
  type ScanOptions,
  type StoreCheckpointOptions,
  survivesAtLeast,
} from '@persistent-log/core'

const MAX_METADATA_BYTES = 65_536
const MAX_BATCH_LENGTH = 65_536

const shown = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? 'an object'
    : typeof value === 'bigint'
      ? `${value}n`
      : String(value)

function typed(holds: boolean, field: string, value: unknown, allowed: string): void {
  if (!holds) throw new TypeError(`${field} is ${shown(value)}; it must be ${allowed}`)
}

/** An integer in a range, both ends included. */
export function integer(value: unknown, field: string, most = Number.MAX_SAFE_INTEGER, least = 0): void {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return
  throw new RangeError(`${field} is ${shown(value)}; it must be an integer from ${least} to ${most}`)
}

/** A slot that may hold something. */
export function slot(value: unknown, field = 'slot'): void {
  integer(value, field, MAX_SLOT)
}

/** The end of a range. */
export function bound(value: unknown, field: string): void {
  if (value !== undefined) integer(value, field, MAX_SLOT + 1)
}

/** An object. */
export function object(value: unknown, field: string): void {
  typed(typeof value === 'object' && value !== null, field, value, 'an object')
}

/** A list, each item examined. */
export function list(value: unknown, field: string, item: (value: unknown, field: string) => void): void {
  typed(Array.isArray(value), field, value, 'an array')
  const slots = new Set<unknown>()
  // Unlike `forEach`, this comes across holes too.
  for (const [index, entry] of (value as { slot?: unknown }[]).entries()) {
    item(entry, `${field}[${index}]`)
    typed(!slots.has(entry.slot), `${field}[${index}].slot`, entry.slot, 'named once in a batch')
    slots.add(entry.slot)
  }
}

/** A ballot. */
export function ballot(value: unknown, field = 'ballot'): void {
  object(value, field)
  const { round, nodeId } = value as { round?: unknown; nodeId?: unknown }
  integer(round, `${field}.round`)
  integer(nodeId, `${field}.nodeId`)
}

/** Bytes. */
export function bytes(value: unknown, field: string): void {
  typed(value instanceof Uint8Array, field, value, 'a Uint8Array')
}

/** A proposal or a decision. */
export function proposal(value: unknown, field: string): void {
  commitId(value, field)
  bytes((value as { value?: unknown }).value, `${field}.value`)
}

/** What names a proposal. */
export function commitId(value: unknown, field: string): void {
  object(value, field)
  const given = value as { slot?: unknown; ballot?: unknown; proof?: unknown }
  slot(given.slot, `${field}.slot`)
  ballot(given.ballot, `${field}.ballot`)
  if (given.proof !== undefined) bytes(given.proof, `${field}.proof`)
}

/** A range of slots. */
export function range(value: unknown): void {
  object(value, 'range')
  const { from, to } = value as { from?: unknown; to?: unknown }
  bound(from, 'range.from')
  bound(to, 'range.to')
  names(value, 'range', ['from', 'to'])
}

/** No other names than these, but in an object of a class. */
export function names(value: unknown, field: string, known: readonly string[]): void {
  if (value === undefined || (value as object).constructor !== Object) return
  for (const [name, given] of Object.entries(value as object))
    typed(
      given === undefined || known.includes(name),
      `${field}.${name}`,
      given,
      `one of ${known.join(', ')}`,
    )
}

/** The range and the options of a scan. */
export function scan(given: unknown, asked: ScanOptions, known: readonly string[]): void {
  range(given)
  named(asked, known)
  if (asked.batchLength !== undefined) integer(asked.batchLength, 'options.batchLength', MAX_BATCH_LENGTH, 1)
}

/** What is to be called back. */
export function callback(value: unknown, field: string): void {
  typed(typeof value === 'function', field, value, 'a function')
}

/** The name of a configuration record. */
export function name(value: unknown, field = 'name'): void {
  typed(typeof value === 'string', field, value, 'a string')
  integer(Buffer.byteLength(value as string), `${field} (its length in bytes)`, 255, 1)
}

/** The arguments of a checkpoint but its content. */
export function publication(slot: unknown, given: StoreCheckpointOptions, known: readonly string[]): void {
  integer(slot, 'slot')
  named(given, known)
  if (given.ballot !== undefined) ballot(given.ballot, 'options.ballot')
  if (given.metadata !== undefined) bytes(given.metadata, 'options.metadata')
  const metadataBytes = given.metadata?.length ?? 0
  if (metadataBytes > MAX_METADATA_BYTES) {
    throw raise.tooLarge('options.metadata bytes', metadataBytes, MAX_METADATA_BYTES)
  }
}

/** A SHA-256. */
export function digest(value: unknown, field: string): void {
  typed(/^[0-9a-f]{64}$/.test(String(value)), field, value, '64 lower-case hexadecimal digits')
}

/** Something to iterate over. */
export function iterable(value: unknown, field: string): void {
  object(value, field)
  const isIterable = Symbol.iterator in (value as object) || Symbol.asyncIterator in (value as object)
  typed(isIterable, field, value, 'an iterable')
}

/** A part of a state, or a line of a descriptor. */
export function part(value: unknown, field: string, isLine = false): void {
  object(value, field)
  const given = value as PartSource
  if (given.name !== undefined) name(given.name, `${field}.name`)
  if (given.digest !== undefined || given.content === undefined) digest(given.digest, `${field}.digest`)
  if (given.content !== undefined) bytes(given.content, `${field}.content`)
  if (isLine || given.bytes !== undefined) integer(given.bytes, `${field}.bytes`, PART_LIMITS.partBytes)
}

/** Options of a call. */
export function options(
  value: unknown,
  capabilities?: Capabilities,
  kind: 'accept' | 'commit' = 'accept',
): void {
  if (value === undefined) return
  object(value, 'options')
  const { signal, survives } = value as { signal?: unknown; survives?: unknown }
  if (signal !== undefined) typed(signal instanceof AbortSignal, 'options.signal', signal, 'an AbortSignal')
  if (survives === undefined || capabilities === undefined) return
  const level = SURVIVALS.find((one) => one === survives)
  typed(level !== undefined, 'options.survives', survives, `one of ${SURVIVALS.join(', ')}`)
  if (level === undefined || survivesAtLeast(capabilities.survives[kind], level)) return
  throw new PersistentLogError('PLOG_UNSUPPORTED', `${level} is not on offer`, {
    field: 'survives',
    value: level,
  })
}

/** Options of a call that looks at their names. */
export function named(
  value: unknown,
  known: readonly string[],
  ...offered: [capabilities?: Capabilities, kind?: 'accept' | 'commit']
): void {
  options(value, ...offered)
  names(value, 'options', known)
}
