import 'reflect-metadata'

export { backendModule } from './backend-module.js'
export { persistentLogModule } from './log-module.js'
export { backendToken, TOKENS, type BackendDescriptor } from './tokens.js'
