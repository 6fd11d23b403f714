import { Buffer } from 'node:buffer'
import type { Ballot } from '../contract/ballot.js'
import { MAX_SLOT, type OpenSlotRange, type Slot } from '../contract/slot.js'
import { SURVIVALS, type Survival } from '../contract/survival.js'
import { nearest } from '../errors/nearest.js'
import { CALL, RANGE } from './call-names.js'

/** The longest name of a configuration record, in bytes of UTF-8. */
export const MAX_NAME_BYTES = 255
/** The longest metadata of a checkpoint, in bytes. */
export const MAX_METADATA_BYTES = 65_536

/** A mistake of the caller: names the field, the value and what is allowed. */
function wrong(field: string, value: unknown, allowed: string): TypeError {
  return new TypeError(`${field} is ${show(value)}; it must be ${allowed}`)
}

function outOfRange(field: string, value: unknown, allowed: string): RangeError {
  return new RangeError(`${field} is ${show(value)}; it must be ${allowed}`)
}

/** Put together only where it is told: names that nobody reads would cost more than all checks of a call. */
const nameOf = (field: string, part: string | undefined): string =>
  part === undefined ? field : `${field}.${part}`

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'object' && value !== null)
    return `an object of class ${value.constructor?.name ?? 'null'}`
  return String(value)
}

const isIntegerIn = (value: unknown, least: number, most: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most

/** The usual case at a glance: a batch asks for each of its items. */
const isSlot = (value: unknown): boolean =>
  typeof value === 'number' && value >= 0 && value <= MAX_SLOT && Number.isInteger(value)

function isBallot(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { round, nodeId } = value as Partial<Ballot>
  return Number.isSafeInteger(round) && Number.isSafeInteger(nodeId) && round! >= 0 && nodeId! >= 0
}

/** An integer from `least` to `most`, both included. Its name is `field`, or `part` of `field`, here and below. */
export function checkInteger(
  value: unknown,
  field: string,
  least: number,
  most: number,
  part?: string,
): asserts value is number {
  if (!isIntegerIn(value, least, most)) {
    throw outOfRange(nameOf(field, part), value, `an integer from ${least} to ${most}`)
  }
}

/** A slot, or a `RangeError` that names it. */
export function checkSlot(value: unknown, field = 'slot', part?: string): asserts value is Slot {
  checkInteger(value, field, 0, MAX_SLOT, part)
}

/** The end of a half-open range, or the slot of a checkpoint: may lie one behind the largest slot. */
export function checkBound(value: unknown, field: string): asserts value is Slot {
  checkInteger(value, field, 0, MAX_SLOT + 1)
}

/** An object, or a `TypeError` that names it. */
export function checkObject(value: unknown, field: string): asserts value is object {
  if (typeof value !== 'object' || value === null) throw wrong(field, value, 'an object')
}

export function checkBallot(value: unknown, field = 'ballot', part?: string): asserts value is Ballot {
  if (typeof value !== 'object' || value === null)
    throw wrong(nameOf(field, part), value, 'an object { round, nodeId }')
  const { round, nodeId } = value as Partial<Ballot>
  if (isIntegerIn(round, 0, Number.MAX_SAFE_INTEGER) && isIntegerIn(nodeId, 0, Number.MAX_SAFE_INTEGER))
    return
  const name = nameOf(field, part)
  checkInteger(round, name, 0, Number.MAX_SAFE_INTEGER, 'round')
  checkInteger(nodeId, name, 0, Number.MAX_SAFE_INTEGER, 'nodeId')
}

export function checkBytes(value: unknown, field: string, part?: string): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) throw wrong(nameOf(field, part), value, 'a Uint8Array')
}

/** Bytes in one piece, or a stream of them. */
export function checkContent(
  value: unknown,
  field: string,
): asserts value is Uint8Array | AsyncIterable<Uint8Array> {
  if (value instanceof Uint8Array) return
  if (typeof value === 'object' && value !== null && Symbol.asyncIterator in value) return
  throw wrong(field, value, 'a Uint8Array or an async iterable of them')
}

/** A function, or a `TypeError` that names it. */
export function checkFunction(value: unknown, field: string): void {
  if (typeof value !== 'function') throw wrong(field, value, 'a function')
}

export function checkOptionalBytes(
  value: unknown,
  field: string,
  part?: string,
): asserts value is Uint8Array | undefined {
  if (value !== undefined) checkBytes(value, field, part)
}

export function checkOptionalBoolean(value: unknown, field: string): asserts value is boolean | undefined {
  if (value !== undefined && typeof value !== 'boolean') throw wrong(field, value, 'true or false')
}

/** An array, each item of which passes `checkItem`. */
export function checkArray(
  value: unknown,
  field: string,
  checkItem: (item: unknown, field: string) => void,
): void {
  if (!Array.isArray(value)) throw wrong(field, value, 'an array')
  const items: readonly unknown[] = value
  let index = 0
  try {
    // Unlike `forEach`, this comes across holes too.
    for (; index < items.length; index++) checkItem(items[index], field)
  } catch (error) {
    // The item that is refused is checked once more by its name: to name each would cost more than to check it.
    checkItem(items[index], `${field}[${index}]`)
    throw error
  }
}

export function checkName(value: unknown, field = 'name'): asserts value is string {
  if (typeof value !== 'string') throw wrong(field, value, 'a string')
  const bytes = Buffer.byteLength(value)
  if (bytes < 1 || bytes > MAX_NAME_BYTES || Buffer.from(value).toString() !== value) {
    throw outOfRange(field, value, `1 to ${MAX_NAME_BYTES} bytes of well-formed text`)
  }
}

/** SHA-256 as lower-case hex. */
export function checkDigest(value: unknown, field: string): asserts value is string {
  if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) {
    throw wrong(field, value, 'a SHA-256 of 64 lower-case hexadecimal digits')
  }
}

/** Something that hands out parts. */
export function checkParts(value: unknown, field: string): void {
  checkObject(value, field)
  if (!(Symbol.iterator in value) && !(Symbol.asyncIterator in value)) {
    throw wrong(field, value, 'an iterable or an async iterable of parts')
  }
}

export function checkSurvival(value: unknown, field = 'survives'): asserts value is Survival | undefined {
  if (value !== undefined && !SURVIVALS.includes(value as Survival)) {
    throw wrong(field, value, `one of ${SURVIVALS.join(', ')}`)
  }
}

/** A plain object, of whatever realm: nothing but its own properties. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/**
 * No name in a plain object but the known ones: a slip would mean something else than was written. What is `undefined`
 * counts as absent; an object of a class has its own business with what else is on it.
 */
export function checkNames(value: object, field: string, known: readonly string[]): void {
  if (!isPlain(value)) return
  for (const name of Object.keys(value)) {
    if (known.includes(name) || value[name as keyof typeof value] === undefined) continue
    const near = nearest(name, known)
    const hint = near === undefined ? '' : `; did you mean ${near}?`
    throw new TypeError(`${field}.${name} is not known here${hint}; ${field} may hold ${known.join(', ')}`)
  }
}

/** Options of a call that knows these names. */
export function checkOptions(
  value: unknown,
  known = CALL,
): asserts value is { readonly signal?: AbortSignal | undefined } | undefined {
  if (value === undefined) return
  checkSignal(value)
  checkNames(value, 'options', known)
}

/** Options of a call that is made so often that it looks only at the names it knows. */
export function checkSignal(
  value: unknown,
): asserts value is { readonly signal?: AbortSignal | undefined } | undefined {
  if (value === undefined) return
  checkObject(value, 'options')
  const { signal } = value as { signal?: unknown }
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw wrong('options.signal', signal, 'an AbortSignal')
}

/** A half-open range of slots whose ends may be missing, or the error that names the wrong end. */
export function checkRange(value: unknown, field = 'range'): asserts value is OpenSlotRange | undefined {
  if (value === undefined) return
  checkObject(value, field)
  const { from, to } = value as OpenSlotRange
  if (from !== undefined) checkBound(from, `${field}.from`)
  if (to !== undefined) checkBound(to, `${field}.to`)
  checkNames(value, field, RANGE)
}

export function checkProposal(value: unknown, field: string): void {
  checkObject(value, field)
  const { slot, ballot, value: bytes, proof } = value as Record<string, unknown>
  if (isSlot(slot) && isBallot(ballot) && bytes instanceof Uint8Array && proof === undefined) return
  checkSlot(slot, field, 'slot')
  checkBallot(ballot, field, 'ballot')
  checkBytes(bytes, field, 'value')
  checkOptionalBytes(proof, field, 'proof')
}

export function checkCommitId(value: unknown, field: string): void {
  checkObject(value, field)
  const { slot, ballot, proof } = value as Record<string, unknown>
  if (isSlot(slot) && isBallot(ballot) && proof === undefined) return
  checkSlot(slot, field, 'slot')
  checkBallot(ballot, field, 'ballot')
  checkOptionalBytes(proof, field, 'proof')
}

/** A slot must not stand twice in a batch: which of the two would win? */
export function checkDistinctSlots(items: readonly { readonly slot: Slot }[], field: string): void {
  if (isAscending(items)) return
  const seen = new Map<Slot, number>()
  items.forEach(({ slot }, index) => {
    const before = seen.get(slot)
    if (before !== undefined) {
      throw new TypeError(
        `${field}[${index}].slot is ${slot}, as is ${field}[${before}].slot; a batch names a slot once`,
      )
    }
    seen.set(slot, index)
  })
}

/** As nearly every batch is. */
function isAscending(items: readonly { readonly slot: Slot }[]): boolean {
  for (let index = 1; index < items.length; index++) {
    if (items[index]!.slot <= items[index - 1]!.slot) return false
  }
  return true
}
