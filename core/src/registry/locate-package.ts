import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { raise } from '../errors/raise.js'
import { BYTE_ORDER_MARK } from './parse-text.js'

/**
 * Finds the module behind a package name as an `import` in a given directory would. Node.js 20 offers that for nobody's
 * directory but the caller's: `import.meta.resolve` ignores its second argument there, and `require.resolve` refuses
 * packages that export for `import` only. A `package.json` on the way that is none is `PLOG_INVALID_CONFIG` with its path.
 */

/** The conditions of an `import` in Node.js. */
const CONDITIONS = new Set(['node', 'import', 'module-sync', 'default'])

/** `@scope/name/sub/path` in its two parts; the name as npm allows it, in upper case too for the sake of old packages. */
const SPECIFIER = /^(?<name>(?:@[a-z0-9~_-][a-z0-9~._-]*\/)?[a-z0-9~_-][a-z0-9~._-]*)(?<rest>\/.+)?$/i

/** Something else stands where the file should. */
const NO_FILE: ReadonlySet<unknown> = new Set(['EISDIR', 'ELOOP'])

interface Manifest {
  readonly name?: unknown
  readonly exports?: unknown
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function* upwardsFrom(directory: string): Generator<string> {
  yield directory
  const parent = dirname(directory)
  if (parent !== directory) yield* upwardsFrom(parent)
}

/** The manifest in a folder. One that cannot be read ends the search, as in Node.js: what it says may be what counts. */
function readManifest(folder: string): Manifest | undefined {
  const file = join(folder, 'package.json')
  if (!existsSync(file)) return undefined
  try {
    const manifest: unknown = JSON.parse(readFileSync(file, 'utf8').replace(BYTE_ORDER_MARK, ''))
    if (!isRecord(manifest)) throw new TypeError('it holds no JSON object')
    return manifest
  } catch (cause) {
    // The system's failure, as too many open files, says nothing of what is in the file.
    if (cause instanceof Error && 'syscall' in cause && 'code' in cause && !NO_FILE.has(cause.code))
      throw raise.io('looking for the backend', { file }, { cause })
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `cannot be looked for: ${file} must be a JSON object, as npm writes it: ${reason}`
    throw raise.invalidConfig([{ path: 'backend', message, value: file }], { cause })
  }
}

/** The folder of a package, as seen from a directory: the package around it when it has that name, or an installed one. */
function folderOf(name: string, directory: string): string | undefined {
  for (const folder of upwardsFrom(directory)) {
    const manifest = readManifest(folder)
    if (manifest === undefined) continue
    if (manifest.name === name && manifest.exports !== undefined) return folder
    break // Only the nearest manifest may refer to itself, as in Node.js.
  }
  for (const folder of upwardsFrom(directory)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return candidate
  }
  return undefined
}

/** The target of an `exports` entry under our conditions; `star` replaces the `*` of a pattern. */
function targetOf(entry: unknown, star: string): string | undefined {
  if (typeof entry === 'string') return entry.startsWith('./') ? entry.replaceAll('*', star) : undefined
  if (Array.isArray(entry)) return firstOf(entry, (option) => targetOf(option, star))
  if (!isRecord(entry)) return undefined
  return firstOf(Object.entries(entry), ([condition, option]) =>
    CONDITIONS.has(condition) ? targetOf(option, star) : undefined,
  )
}

function firstOf<T, R>(items: readonly T[], use: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const result = use(item)
    if (result !== undefined) return result
  }
  return undefined
}

/** Looks a subpath (`.` or `./x`) up in `exports`: exactly, or by the pattern with the longest part before its `*`. */
function exportedTarget(exports: unknown, subpath: string): string | undefined {
  const hasSubpaths = isRecord(exports) && Object.keys(exports).some((key) => key.startsWith('.'))
  if (!hasSubpaths) return subpath === '.' ? targetOf(exports, '') : undefined
  if (subpath in exports) return targetOf(exports[subpath], '')
  const patterns = Object.keys(exports)
    .filter((key) => key.includes('*'))
    .sort((a, b) => b.indexOf('*') - a.indexOf('*'))
  return firstOf(patterns, (pattern) => {
    const [before = '', after = ''] = pattern.split('*')
    const fits =
      subpath.startsWith(before) && subpath.endsWith(after) && subpath.length > before.length + after.length
    return fits
      ? targetOf(exports[pattern], subpath.slice(before.length, subpath.length - after.length))
      : undefined
  })
}

/** The module that a package folder exports. Without `exports`: the `main` of old, which `require` knows how to read. */
export function moduleInFolder(folder: string, subpath = '.'): URL | undefined {
  const manifest = readManifest(folder)
  if (manifest?.exports !== undefined) {
    const target = exportedTarget(manifest.exports, subpath)
    return target === undefined ? undefined : pathToFileURL(join(folder, target))
  }
  return requireResolve(join(folder, subpath), folder)
}

function requireResolve(specifier: string, directory: string): URL | undefined {
  try {
    return pathToFileURL(createRequire(join(directory, 'noop.js')).resolve(specifier))
  } catch {
    return undefined // Not there. The caller says so, in terms of what its user wrote.
  }
}

/** The URL of the module that `import specifier` would load in a directory; `undefined` when there is none. */
export function locatePackage(specifier: string, directory: string): URL | undefined {
  const { name, rest } = SPECIFIER.exec(specifier)?.groups ?? {}
  if (name === undefined) return undefined
  const folder = folderOf(name, directory)
  if (folder !== undefined) return moduleInFolder(folder, rest === undefined ? '.' : `.${rest}`)
  return requireResolve(specifier, directory) // Where there is no node_modules, as with Yarn's Plug'n'Play.
}
