import type { OpenBy } from '../../contract/capabilities.js'
import { SURVIVALS } from '../../contract/survival.js'
import { shownValue } from '../../errors/shown-value.js'
import { DECLARED_PARTS } from '../backend-shape.js'
import { checkParts, isFunction, isRecord, orMissing, type Part } from '../shape.js'
import { engineFailure } from './engine-failure.js'
import { META_KEY } from './key-layout.js'
import type { OrderedStore } from './ordered-store.js'
import { readValue } from './store-paging.js'

const OPEN_BY: readonly OpenBy[] = ['one-process', 'many-threads', 'many-processes', 'many-machines']

const oneOf = (words: readonly string[]) => `one of ${words.map((word) => JSON.stringify(word)).join(', ')}`
const isIn = (words: readonly string[]) => (value: unknown) => words.some((word) => word === value)
const isBoolean = (value: unknown): boolean => typeof value === 'boolean'
const isCount = (least: number) => (value: unknown) =>
  Number.isSafeInteger(value) && (value as number) >= least

const DEFINITION_PARTS: readonly Part[] = [
  ...DECLARED_PARTS,
  // 0 would be older than every version that is read.
  ['formatVersion', `an integer from 1 to ${Number.MAX_SAFE_INTEGER}`, isCount(1)],
  ['judgesByClose', 'true, false or missing', orMissing(isBoolean)],
  ['openStore', 'a function', isFunction],
]

const STORE_PARTS: readonly Part[] = [
  ['survives', oneOf(SURVIVALS), isIn(SURVIVALS)],
  ['openBy', oneOf(OPEN_BY), isIn(OPEN_BY)],
  // An engine without a limit may say Infinity.
  [
    'maxValueBytes',
    'an integer above 0, or Infinity',
    (value) => value === Infinity || (Number.isInteger(value) && (value as number) > 0),
  ],
  ['get', 'a function', isFunction],
  ['page', 'a function', isFunction],
  ['write', 'a function', isFunction],
  ['close', 'a function', isFunction],
  ['borrow', 'a function, or missing', orMissing(isFunction)],
  ['reclaim', 'a function, or missing', orMissing(isFunction)],
]

const OPENED_PARTS: readonly Part[] = [
  ['store', 'an OrderedStore', isRecord],
  ['damaged', 'a list, or missing', orMissing(Array.isArray)],
  [
    'torn',
    'an object { bytes, ambiguous }, or missing',
    orMissing((value) => isRecord(value) && isCount(0)(value.bytes) && isBoolean(value.ambiguous)),
  ],
]

/** What `defineStoreBackend` is given, or a `TypeError` that names each part that is wrong. */
export const checkStoreDefinition = (definition: unknown): void =>
  checkParts(definition, 'definition', DEFINITION_PARTS)

/** What `openStore` resolves with, or a `TypeError` that names each part that is wrong. */
export function checkOpenedStore(opened: unknown, backend: string): void {
  const field = `what openStore of backend "${backend}" resolved with`
  checkParts(opened, field, OPENED_PARTS)
  checkOrderedStore((opened as { readonly store: unknown }).store)
}

/** An adapter of an engine, or a `TypeError` that names each part that is wrong. */
export const checkOrderedStore = (store: unknown): void => checkParts(store, 'store', STORE_PARTS)

/**
 * The first read of an open: whether an adapter answers in the same call. A promise would pass for a record that is damaged;
 * once here does for all reads, so that none of them pays for it.
 */
export function checkAnswers(store: OrderedStore): void {
  checkAnswer('get', readValue(store, META_KEY))
  if (!store.borrow) return
  let borrowed: unknown
  try {
    borrowed = store.borrow(META_KEY)
  } catch (cause) {
    throw engineFailure('read', cause)
  }
  checkAnswer('borrow', borrowed)
}

function checkAnswer(method: string, answer: unknown): void {
  if (answer === undefined || answer instanceof Uint8Array) return
  // Nobody waits for it, and its failure is not the one to tell.
  if (answer instanceof Promise) answer.catch(() => undefined)
  const found = isRecord(answer) && isFunction(answer.then) ? 'a promise' : shownValue(answer)
  throw new TypeError(
    `store.${method}(key) returned ${found}; it must return a Uint8Array, or undefined for a key that is not there, in the same call`,
  )
}
