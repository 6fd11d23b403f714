export { backend } from './backend.js'
export type { LmdbOptions, LmdbOptionsInput } from './options.js'
