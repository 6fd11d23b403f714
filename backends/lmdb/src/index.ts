export { backend } from './backend.js'
export type { LmdbOptions } from './options.js'
