import { isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  openLog,
  resolveBackend,
  type Backend,
  type Capabilities,
  type LogConfig,
  type PersistentLog,
} from '@persistent-log/core'

/**
 * Where the log under test comes from: the name of an npm package, a URL, or a path of a module that exports `backend`.
 * Never a closure: cases about crashes start child processes, and those import the same module.
 */
export type BackendSpecifier = string | URL

/** The configuration of one open: plain JSON, so that it can be sent to a child process. */
export type OpenConfig = Omit<LogConfig, 'backend' | 'directory'> & {
  readonly directory?: string | undefined
}

/** All that a process needs to open a log under test: send it as JSON. */
export interface OpenOrder {
  readonly backend: string
  readonly config: OpenConfig
}

/** The specifier as text that means the same in a child process: a URL, or a package name. */
export function specifierText(backend: BackendSpecifier): string {
  if (backend instanceof URL) return backend.href
  if (/^[a-z]+:/.test(backend)) return backend
  return backend.startsWith('.') || isAbsolute(backend) ? pathToFileURL(resolve(backend)).href : backend
}

/** Imports the backend without opening anything. */
export function loadBackend(backend: string): Promise<Backend> {
  return resolveBackend(backend)
}

/** Opens the log under test; the only place where the kit does so, also in child processes. */
export async function openLogUnderTest({ backend, config }: OpenOrder): Promise<PersistentLog> {
  return openLog({ ...config, backend })
}

/** What the kit is told about the log under test. */
export interface Target {
  readonly backend: string
  /** The user's part of the configuration for a directory. */
  readonly config: (directory: string) => OpenConfig
}

/** The order to open the target in a directory, with what a case asks for on top of the user's configuration. */
export function orderFor(target: Target, directory: string, overrides: OpenConfig = {}): OpenOrder {
  const place = overrides.directory ?? directory
  const base = target.config(place)
  return {
    backend: target.backend,
    config: {
      ...base,
      ...overrides,
      limits: { ...base.limits, ...overrides.limits },
      options: { ...base.options, ...overrides.options },
      directory: place,
    },
  }
}

/** What a log says about itself, and leaves behind. */
export interface TargetFacts {
  readonly backend: string
  readonly capabilities: Capabilities
  /** The names in its directory. */
  readonly files: readonly string[]
}
