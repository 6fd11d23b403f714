import { readFile } from 'node:fs/promises'
import { dirname, extname, resolve } from 'node:path'
import { raise } from '../errors/raise.js'
import { shownValue } from '../errors/shown-value.js'
import { parseConfig, type FieldNames, type LogConfig } from './config.js'
import { unknownKey } from './config-issues.js'
import { configFromEnvironment, nameOfField, type Environment } from './environment.js'
import { parseJson, parseYaml } from './parse-text.js'
import { pathOf } from './path-of.js'

/**
 * Where a configuration comes from: it is the object itself, a JSON or YAML file, or environment variables. A file and an
 * environment stand alone: the rest of the configuration is in them.
 */
export type ConfigSource = LogConfig | { readonly file: string | URL } | { readonly environment: Environment }

/** A checked configuration, and the directory against which its relative paths and its package name are resolved. */
export interface LoadedConfig {
  readonly config: LogConfig
  /** Absolute: the directory of the file, or else the working directory. */
  readonly relativeTo: string
  /** Names a field as its author wrote it: a variable, or one in a file. Default: its path. */
  readonly nameField?: FieldNames | undefined
}

/** Where relative paths and package names are looked up from, unless a configuration file says so by its place. */
export interface LoadOptions {
  /** A directory. Default: the working directory. */
  readonly relativeTo?: string | URL | undefined
}

const isFileSource = (source: ConfigSource): source is { readonly file: string | URL } =>
  typeof source === 'object' && source !== null && 'file' in source && !('backend' in source)

const isEnvironmentSource = (source: ConfigSource): source is { readonly environment: Environment } =>
  typeof source === 'object' && source !== null && 'environment' in source && !('backend' in source)

/** What stands beside the one key of a source is an unknown key: it would be read by nobody. */
function refuseBeside(key: string, source: object): void {
  const issues = Object.entries(source)
    .filter(([name]) => name !== key)
    .map(([name, value]) => ({
      path: name,
      message: `${unknownKey(name, [key])} alone`,
      value: value as unknown,
    }))
  if (issues.length > 0) throw raise.invalidConfig(issues)
}

function checkedEnvironment(environment: unknown): Environment {
  if (typeof environment === 'object' && environment !== null) return environment as Environment
  const message = `must be an object with environment variables, got ${shownValue(environment)}`
  throw raise.invalidConfig([{ path: 'environment', message, value: environment }])
}

/** Loads and checks a configuration: `PLOG_INVALID_CONFIG` names every field that is wrong. */
export async function loadConfig(source: ConfigSource, options: LoadOptions = {}): Promise<LoadedConfig> {
  const base = resolve(pathOf(options.relativeTo ?? process.cwd(), 'relativeTo'))
  if (isFileSource(source)) {
    refuseBeside('file', source)
    return loadFile(resolve(base, pathOf(source.file, 'file')))
  }
  if (isEnvironmentSource(source)) {
    refuseBeside('environment', source)
    const config = configFromEnvironment(checkedEnvironment(source.environment))
    return { config, relativeTo: base, nameField: nameOfField }
  }
  return { config: parseConfig(source), relativeTo: base }
}

const PARSERS = new Map<string, (text: string, file: string) => unknown>([
  ['.json', parseJson],
  ['.yaml', parseYaml],
  ['.yml', parseYaml],
])

async function loadFile(file: string): Promise<LoadedConfig> {
  const parse = PARSERS.get(extname(file).toLowerCase())
  if (parse === undefined) {
    const message = `must end in ${[...PARSERS.keys()].join(', ')}, got ${JSON.stringify(file)}`
    throw raise.invalidConfig([{ path: 'file', message, value: file }])
  }
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw raise.io('reading the configuration', { file }, { cause })
  }
  const nameField: FieldNames = (issue) => ({ ...issue, message: `${issue.message} (in ${file})` })
  return { config: parseConfig(await parse(text, file), nameField), relativeTo: dirname(file), nameField }
}
