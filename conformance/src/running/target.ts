import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type {
  Backend,
  Capabilities,
  Durability,
  Limits,
  OpenContext,
  PersistentLog,
} from '@persistent-log/core'

/**
 * Where the log under test comes from: the name of an npm package, a URL, or a path of a module that exports `backend`.
 * Never a closure: cases about crashes start child processes, and those import the same module.
 */
export type BackendSpecifier = string | URL

/** The configuration of one open: plain JSON, so that it can be sent to a child process. */
export interface OpenConfig {
  readonly directory?: string | undefined
  readonly firstSlot?: number | undefined
  readonly durability?: Partial<Durability> | undefined
  readonly recovery?: 'strict' | 'salvage' | undefined
  readonly acceptLostVotes?: boolean | undefined
  readonly fullWaitMs?: number | undefined
  readonly limits?: Partial<Limits> | undefined
  /** Sections by backend name. */
  readonly options?: Readonly<Record<string, unknown>> | undefined
}

/** All that a process needs to open a log under test: send it as JSON. */
export interface OpenOrder {
  readonly backend: string
  readonly config: OpenConfig
}

/** How long an accept waits for space in a case that does not say so, in ms. */
const DEFAULT_FULL_WAIT_MS = 1_000

/** The specifier as text that means the same in a child process: a URL, or a package name. */
export function specifierText(backend: BackendSpecifier): string {
  if (backend instanceof URL) return backend.href
  if (/^[a-z]+:/.test(backend)) return backend
  return backend.startsWith('.') || isAbsolute(backend) ? pathToFileURL(resolve(backend)).href : backend
}

/** Imports the backend. A package is looked for from the working directory, which is the user's project. */
export async function loadBackend(backend: string): Promise<Backend> {
  const isUrl = /^[a-z]+:/.test(backend)
  const address = isUrl
    ? backend
    : pathToFileURL(createRequire(join(process.cwd(), 'package.json')).resolve(backend)).href
  const module = (await import(address)) as { readonly backend?: Backend }
  if (module.backend === undefined || typeof module.backend.open !== 'function') {
    throw new TypeError(
      `${backend} exports no backend: "export const backend = defineBackend({ ... })" is expected`,
    )
  }
  return module.backend
}

/** Opens the log under test; the only place where the kit does so, also in child processes. */
export async function openLogUnderTest({ backend: specifier, config }: OpenOrder): Promise<PersistentLog> {
  const backend = await loadBackend(specifier)
  const parsed = backend.options.safeParse(config.options?.[backend.name] ?? {})
  if (!parsed.success) {
    throw new TypeError(
      parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
    )
  }
  const context: OpenContext = {
    directory: config.directory,
    firstSlot: config.firstSlot ?? 0,
    durability: config.durability ?? {},
    recovery: config.recovery ?? 'strict',
    acceptLostVotes: config.acceptLostVotes ?? false,
    fullWaitMs: config.fullWaitMs ?? DEFAULT_FULL_WAIT_MS,
    limits: config.limits ?? {},
    options: parsed.data,
  }
  return backend.open(context)
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

/** Opens a throw-away log to see what it says about itself. */
export async function inspectTarget(
  target: Target,
  directory: string,
): Promise<{ readonly backend: string; readonly capabilities: Capabilities }> {
  const log = await openLogUnderTest(orderFor(target, directory))
  const { backend, capabilities } = log
  await log.close()
  return { backend, capabilities }
}
