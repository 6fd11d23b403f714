export * from './attach-log.js'
export { DEFAULT_FULL_WAIT_MS, parseConfig, type LogConfig } from './config.js'
export { configFromEnvironment, type Environment } from './environment.js'
export { loadConfig, type ConfigSource, type LoadedConfig, type LoadOptions } from './load-config.js'
export { openContext, openLog } from './open-log.js'
export {
  KNOWN_BACKENDS,
  locateBackend,
  resolveBackend,
  type KnownBackend,
  type ResolveOptions,
} from './resolve-backend.js'
