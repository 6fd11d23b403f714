export { backend } from './backend.js'
export type { LevelOptions, LevelOptionsInput } from './options.js'
