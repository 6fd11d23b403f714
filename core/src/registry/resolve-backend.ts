import { existsSync, statSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { backendFaults } from '../backend/backend-shape.js'
import type { Backend } from '../contract/backend.js'
import { raise } from '../errors/raise.js'
import { locatePackage, moduleInFolder } from './locate-package.js'
import { nearest } from '../errors/nearest.js'
import { pathOf } from './path-of.js'

/** Short names and the packages behind them. The one place where the core names a backend. */
const PACKAGES: ReadonlyMap<string, string> = new Map([
  ['memory', '@persistent-log/backend-memory'],
  ['faster', '@persistent-log/backend-faster'],
  ['lmdb', '@persistent-log/backend-lmdb'],
  ['level', '@persistent-log/backend-level'],
])

/** A backend that has a short name. */
export interface KnownBackend {
  readonly name: string
  readonly packageName: string
}

/** The backends that have a short name; whether they are installed is another question. */
export const KNOWN_BACKENDS: readonly KnownBackend[] = [...PACKAGES].map(([name, packageName]) => ({
  name,
  packageName,
}))

const names = (): string[] => [...PACKAGES.keys()]

/** From where a backend is looked for. */
export interface ResolveOptions {
  /** A directory of the user's project. Default: the working directory. */
  readonly relativeTo?: string | undefined
}

const isPath = (specifier: string): boolean => /^\.\.?(?:$|[\\/])/.test(specifier) || isAbsolute(specifier)

/**
 * The module that a name stands for: a short name, the name of an npm package as the user's project sees it, a path, or
 * a `file:` URL. `PLOG_UNKNOWN_BACKEND` lists the short names.
 */
export function locateBackend(specifier: string, options: ResolveOptions = {}): URL {
  const directory = resolve(options.relativeTo ?? process.cwd())
  const packageName = PACKAGES.get(specifier)
  if (packageName !== undefined) {
    // The core's own neighbours serve a project that installed the core but looks from elsewhere.
    const found = locatePackage(packageName, directory) ?? locatePackage(packageName, import.meta.dirname)
    if (found === undefined) throw raise.backendNotInstalled(specifier, packageName, directory, names())
    return found
  }
  const found =
    specifier.startsWith('file:') || isPath(specifier)
      ? locateFile(resolve(directory, pathOf(specifier, 'backend')))
      : locatePackage(specifier, directory)
  if (found === undefined) {
    throw raise.unknownBackend(specifier, names(), { from: directory, near: nearest(specifier, names()) })
  }
  return found
}

/** The module at a path: the file itself, or what the package in that folder exports. */
function locateFile(path: string): URL | undefined {
  if (!existsSync(path)) return undefined
  return statSync(path).isDirectory() ? moduleInFolder(path) : pathToFileURL(path)
}

/** Loads the backend that a name stands for; a backend object is returned as it is. */
export async function resolveBackend(
  backend: string | Backend,
  options: ResolveOptions = {},
): Promise<Backend> {
  if (typeof backend !== 'string') return checked(backend, 'the backend', backend)
  const url = locateBackend(backend, options)
  let module: { readonly backend?: unknown }
  try {
    module = (await import(url.href)) as typeof module
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `${url.href} cannot be loaded: ${reason}`
    throw raise.invalidConfig([{ path: 'backend', message, value: backend }], { cause })
  }
  if (!('backend' in module)) {
    const message = `${url.href} exports no "backend"; the result of defineBackend() is expected`
    throw raise.invalidConfig([{ path: 'backend', message, value: backend }])
  }
  return checked(module.backend, `the "backend" that ${url.href} exports`, backend)
}

function checked(candidate: unknown, what: string, value: unknown): Backend {
  const faults = backendFaults(candidate)
  if (faults.length === 0) return candidate as Backend
  throw raise.invalidConfig([{ path: 'backend', message: `${what} is none: ${faults.join(', ')}`, value }])
}
