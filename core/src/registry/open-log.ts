import { resolve } from 'node:path'
import { checkObject } from '../backend/arguments.js'
import type { Backend, OpenContext } from '../contract/backend.js'
import type { PersistentLog } from '../contract/persistent-log.js'
import { raise } from '../errors/raise.js'
import { DEFAULT_FULL_WAIT_MS } from './config.js'
import { configIssues, unknownKey } from './config-issues.js'
import { loadConfig, type ConfigSource, type LoadedConfig, type LoadOptions } from './load-config.js'
import { nearest } from './nearest.js'
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
  const { config, relativeTo } = loaded
  if (backend.needsDirectory && config.directory === undefined) {
    const message = `is required: backend "${backend.name}" stores files`
    throw raise.invalidConfig([{ path: 'directory', message }])
  }
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
    options: ownOptions(backend, config.options ?? {}),
  }
}

/** The backend's own section, checked and completed. Those of other backends wait for the day they are chosen. */
function ownOptions<Options>(
  backend: Backend<Options>,
  sections: Readonly<Record<string, unknown>>,
): Options {
  const { name } = backend
  const known = [name, ...KNOWN_BACKENDS.map((item) => item.name)]
  if (!Object.hasOwn(sections, name)) {
    const slip = Object.keys(sections).find(
      (key) => !known.includes(key) && nearest(key, [name]) !== undefined,
    )
    if (slip !== undefined) {
      const message = unknownKey(slip, [name])
      throw raise.invalidConfig([{ path: `options.${slip}`, message, value: sections[slip] }])
    }
  }
  const input = Object.hasOwn(sections, name) ? sections[name] : {}
  const result = backend.options.safeParse(input)
  if (result.success) return result.data
  const below = ['options', name]
  throw raise.invalidConfig(configIssues(result.error.issues, { input, schema: backend.options, below }))
}
