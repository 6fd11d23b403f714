export * from './contract/index.js'
export * from './errors/index.js'
export * from './registry/index.js'
export * from './recovery/index.js'
