import { z } from 'zod'
import type { Backend } from '../contract/backend.js'

export { z }

/** Declares a backend with the types of its options inferred from its schema. A package exports the result as `backend`. */
export function defineBackend<Options>(backend: Backend<Options>): Backend<Options> {
  return Object.freeze(backend)
}
