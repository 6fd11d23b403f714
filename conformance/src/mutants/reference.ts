import { referenceBackend } from './reference-backend.js'

/** The reference log as a backend that can be named by its URL. */
export const backend = referenceBackend('reference')
