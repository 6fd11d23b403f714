export { backend } from './backend.js'
export type { FasterOptions, FasterOptionsInput } from './options.js'
