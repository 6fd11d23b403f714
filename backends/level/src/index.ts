export { backend } from './backend.js'
export type { LevelOptions } from './options.js'
