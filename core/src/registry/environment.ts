import { raise } from '../errors/raise.js'
import { parseConfig, type LogConfig } from './config.js'
import { unknownKey, type ConfigIssue } from './config-issues.js'
import { nearest } from '../errors/nearest.js'

/** Environment variables, as `process.env` holds them. An empty one counts as absent. */
export type Environment = Readonly<Record<string, string | undefined>>

const PREFIX = 'PLOG_'

type Reader = (text: string) => unknown

const asText: Reader = (text) => text
// What is no plain number or boolean stays text: the check of the field then names it.
const asNumber: Reader = (text) => (/^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text)
const asBoolean: Reader = (text) => (text === 'true' ? true : text === 'false' ? false : text)

/** `manual`, or a JSON object. */
const asFlushPace: Reader = (text) =>
  text === 'manual'
    ? text
    : parseJson(text, 'PLOG_DURABILITY_FLUSH', '"manual" or a JSON object with everyMs, everyBytes or both')

/** Each variable, the field that it sets, and how its text is read. */
const VARIABLES: ReadonlyMap<string, { readonly path: readonly string[]; readonly read: Reader }> = new Map([
  ['PLOG_BACKEND', { path: ['backend'], read: asText }],
  ['PLOG_DIRECTORY', { path: ['directory'], read: asText }],
  ['PLOG_FIRST_SLOT', { path: ['firstSlot'], read: asNumber }],
  ['PLOG_DURABILITY_ACCEPT', { path: ['durability', 'accept'], read: asText }],
  ['PLOG_DURABILITY_COMMIT', { path: ['durability', 'commit'], read: asText }],
  ['PLOG_DURABILITY_FLUSH', { path: ['durability', 'flush'], read: asFlushPace }],
  ['PLOG_RECOVERY', { path: ['recovery'], read: asText }],
  ['PLOG_ACCEPT_LOST_VOTES', { path: ['acceptLostVotes'], read: asBoolean }],
  ['PLOG_FULL_WAIT_MS', { path: ['fullWaitMs'], read: asNumber }],
  ['PLOG_POISON_VIEWS', { path: ['poisonViews'], read: asBoolean }],
  ['PLOG_LIMITS_VALUE_BYTES', { path: ['limits', 'valueBytes'], read: asNumber }],
  ['PLOG_LIMITS_BATCH_SLOTS', { path: ['limits', 'batchSlots'], read: asNumber }],
  ['PLOG_LIMITS_BATCH_BYTES', { path: ['limits', 'batchBytes'], read: asNumber }],
  ['PLOG_LIMITS_UNCOMMITTED_BYTES', { path: ['limits', 'uncommittedBytes'], read: asNumber }],
  ['PLOG_OPTIONS', { path: ['options'], read: readOptions }],
])

function readOptions(text: string): unknown {
  return parseJson(text, 'PLOG_OPTIONS', 'a JSON object with a section per backend')
}

function parseJson(text: string, variable: string, allowed: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw raise.invalidConfig([{ path: variable, message: `must be ${allowed}: ${reason}`, value: text }])
  }
}

/** A name that ends where one of ours goes on: `PLOG_LIMITS`, `PLOG_DIR`. */
const begins = (name: string): boolean =>
  name.length > PREFIX.length && [...VARIABLES.keys()].some((ours) => ours.startsWith(name))

/**
 * A variable under our prefix that looks like a slip of one of ours, or like its beginning. Others are left alone:
 * Kubernetes, for one, sets `PLOG_SERVICE_HOST` for a service called plog.
 */
function misspelt(environment: Environment): ConfigIssue[] {
  const words = [...VARIABLES.keys()].map((name) => name.slice(PREFIX.length))
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && !VARIABLES.has(name))
    .filter((name) => begins(name) || nearest(name.slice(PREFIX.length), words) !== undefined)
    .map((name) => ({
      path: name,
      message: unknownKey(name, [...VARIABLES.keys()]),
      value: environment[name],
    }))
}

/** The variable that sets a field, and what follows within it. */
export function nameOfField(issue: ConfigIssue): ConfigIssue {
  for (const [name, { path }] of VARIABLES) {
    const field = path.join('.')
    if (issue.path === field) return { ...issue, path: name }
    if (issue.path.startsWith(`${field}.`))
      return { ...issue, path: `${name}${issue.path.slice(field.length)}` }
  }
  return issue
}

/** The configuration that the `PLOG_` variables spell; `PLOG_INVALID_CONFIG` names the variable that is wrong. */
export function configFromEnvironment(environment: Environment = process.env): LogConfig {
  const slips = misspelt(environment)
  if (slips.length > 0) throw raise.invalidConfig(slips)
  const config: Record<string, unknown> = {}
  for (const [name, { path, read }] of VARIABLES) {
    const text = environment[name]
    if (text === undefined || text === '') continue
    const [field = '', part] = path
    const section = (config[field] ?? {}) as Record<string, unknown>
    config[field] = part === undefined ? read(text) : { ...section, [part]: read(text) }
  }
  return parseConfig(config, nameOfField)
}
