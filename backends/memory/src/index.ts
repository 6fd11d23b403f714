export { backend } from './backend.js'
export { MemoryEngine } from './memory-engine.js'
export type { MemoryOptions } from './options.js'
