import { resolve } from 'node:path'
import { checkObject } from '../backend/arguments.js'
import type { Backend, OpenContext } from '../contract/backend.js'
import type { PersistentLog } from '../contract/persistent-log.js'
import { raise } from '../errors/raise.js'
import { DEFAULT_FULL_WAIT_MS, type LogConfig } from './config.js'
import { configIssues, unknownKey, type ConfigIssue } from './config-issues.js'
import { loadConfig, type ConfigSource, type LoadedConfig, type LoadOptions } from './load-config.js'
import { nearest } from '../errors/nearest.js'
import { pathOf } from './path-of.js'
import { KNOWN_BACKENDS, resolveBackend } from './resolve-backend.js'

/**
 * Opens a log: from a configuration, from a JSON or YAML file (`{ file }`), or from environment variables
 * (`{ environment }`). What it returns is recovered, locked and ready.
 */
export async function openLog(source: ConfigSource, options: LoadOptions = {}): Promise<PersistentLog> {
  checkObject(options, 'options')
  const loaded = await loadConfig(source, options)
  const backend = await resolveBackend(loaded.config.backend, loaded)
  return backend.open(openContext(backend, loaded))
}

/** What a backend is told about a configuration; `PLOG_INVALID_CONFIG` names what does not fit this backend. */
export function openContext<Options>(backend: Backend<Options>, loaded: LoadedConfig): OpenContext<Options> {
  const { config, relativeTo, nameField = (issue: ConfigIssue) => issue } = loaded
  const issues: ConfigIssue[] = []
  if (backend.needsDirectory && config.directory === undefined) {
    issues.push({ path: 'directory', message: `is required: backend "${backend.name}" stores files` })
  }
  const own = ownOptions(backend, config)
  if (!own.success) issues.push(...own.issues)
  if (issues.length > 0 || !own.success) throw raise.invalidConfig(issues.map(nameField))
  return {
    directory:
      config.directory === undefined ? undefined : resolve(relativeTo, pathOf(config.directory, 'directory')),
    firstSlot: config.firstSlot ?? 0,
    durability: config.durability ?? {},
    recovery: config.recovery ?? 'strict',
    acceptLostVotes: config.acceptLostVotes ?? false,
    fullWaitMs: config.fullWaitMs ?? DEFAULT_FULL_WAIT_MS,
    poisonViews: config.poisonViews ?? false,
    limits: config.limits ?? {},
    options: own.data,
  }
}

/** The backend's own section, checked and completed. Those of other backends wait for the day they are chosen. */
function ownOptions<Options>(
  backend: Backend<Options>,
  config: LogConfig,
): { readonly success: true; readonly data: Options } | { success: false; issues: readonly ConfigIssue[] } {
  const { name } = backend
  const sections = config.options ?? {}
  const misnamed = misnamedSections(name, config)
  if (misnamed.length > 0) return { success: false, issues: misnamed }
  const section = Object.hasOwn(sections, name) ? sections[name] : undefined
  const input = section === undefined ? {} : section
  const result = backend.options.safeParse(input)
  if (result.success) return result
  const found = { input, schema: backend.options, below: ['options', name] }
  return { success: false, issues: configIssues(result.error.issues, found) }
}

/** Sections that are plainly meant for the backend in use, and would be read by nobody: under its package, or by a slip. */
function misnamedSections(name: string, { backend, options = {} }: LogConfig): ConfigIssue[] {
  const packageName = KNOWN_BACKENDS.find((item) => item.name === name)?.packageName
  const isOther = (key: string): boolean => KNOWN_BACKENDS.some((item) => item.name === key)
  const isSlip = (key: string): boolean =>
    !Object.hasOwn(options, name) && !isOther(key) && nearest(key, [name]) !== undefined
  return Object.entries(options)
    .filter(([key]) => key !== name && (key === backend || key === packageName || isSlip(key)))
    .map(([key, value]) => ({
      path: `options.${key}`,
      message: isSlip(key)
        ? unknownKey(key, [name])
        : `is read by nobody: a section has the name of its backend, here ${JSON.stringify(name)}`,
      value,
    }))
}
