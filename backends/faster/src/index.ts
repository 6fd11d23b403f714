export { backend } from './backend.js'
export type { FasterOptions } from './options.js'
