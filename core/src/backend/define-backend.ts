import type { Backend } from '../contract/backend.js'
import { BACKEND_PARTS } from './backend-shape.js'
import { checkParts, isFunction, orMissing } from './shape.js'

/**
 * Declares a backend with the types of its options inferred from its schema. A package exports the result as `backend`. What is
 * not as a backend must be is a `TypeError` here, not when the first log is opened.
 */
export function defineBackend<Options>(backend: Backend<Options>): Backend<Options> {
  checkParts(backend, 'backend', [
    ...BACKEND_PARTS,
    ['attach', 'a function, where it is there', orMissing(isFunction)],
  ])
  return Object.freeze(backend)
}
