import type { ServiceIdentifier } from 'inversify'
import type { Backend } from '../contract/backend.js'
import type { PersistentLog } from '../contract/persistent-log.js'
import type { LoadedConfig } from '../registry/load-config.js'

/** A backend that a container offers, for lists: `getAll(TOKENS.BackendDescriptor)`. */
export interface BackendDescriptor {
  readonly name: string
  readonly summary: string
  readonly needsDirectory: boolean
}

/**
 * What a container binds. The symbols are registered, so that two copies of this package mean the same; inject them by
 * `@inject(TOKENS.Log)`, never by the type of a parameter.
 */
export const TOKENS = {
  /** Each backend, named by its name. */
  Backend: Symbol.for('persistent-log.backend') as ServiceIdentifier<Backend>,
  /** One per backend, unnamed: `getAll` finds unnamed bindings only. */
  BackendDescriptor: Symbol.for('persistent-log.backend-descriptor') as ServiceIdentifier<BackendDescriptor>,
  /** The configuration that logs are opened with. */
  Config: Symbol.for('persistent-log.config') as ServiceIdentifier<LoadedConfig>,
  /**
   * The log: unnamed the one that the configuration chooses, named by a backend the same configuration on that one.
   * Opened at the first `getAsync`, closed when its module goes (`unbindAllAsync`, `unloadAsync`).
   */
  Log: Symbol.for('persistent-log.log') as ServiceIdentifier<PersistentLog>,
} as const

/** The token of one backend. */
export function backendToken(name: string): ServiceIdentifier<Backend> {
  return Symbol.for(`persistent-log.backend.${name}`)
}
