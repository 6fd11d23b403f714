import { backendFaults } from '../backend/backend-shape.js'
import { fields, flag, integer, oneOf, someFields, v } from '../backend/schemas.js'
import { isRecord } from '../backend/shape.js'
import type { Backend } from '../contract/backend.js'
import type { Limits } from '../contract/capabilities.js'
import type { DurabilityConfig } from '../contract/persistent-log.js'
import { MAX_SLOT, type Slot } from '../contract/slot.js'
import { SURVIVALS } from '../contract/survival.js'
import { raise } from '../errors/raise.js'
import { configIssues, type ConfigIssue } from './config-issues.js'
import { directoryFault } from './path-of.js'

/** How a log is opened. The common fields mean the same for every backend: one word swaps it. */
export interface LogConfig {
  /** `memory`, `faster`, `lmdb`, `level`, the name of an npm package, a path or `file:` URL of a module, or a backend. */
  readonly backend: string | Backend
  /**
   * Where the files are, as a path or `file:` URL; relative to the configuration file or else the working directory. Made when
   * it is missing.
   */
  readonly directory?: string | URL | undefined
  /** The slot that a new log begins with. Default 0; Raft begins with 1. */
  readonly firstSlot?: Slot | undefined
  /** Weaker acknowledgements than the strongest that the backend offers. */
  readonly durability?: DurabilityConfig | undefined
  /** Over damage: refuse to open (`strict`, the default), or open with everything that is intact. */
  readonly recovery?: 'strict' | 'salvage' | undefined
  /** Take part again although votes may be lost: this node rejoins as a new one. Default false. */
  readonly acceptLostVotes?: boolean | undefined
  /** How long an accept waits for space, in ms, before `PLOG_FULL`. Default {@link DEFAULT_FULL_WAIT_MS}. */
  readonly fullWaitMs?: number | undefined
  /**
   * For tests: what `borrowedReads` lend is a copy that is overwritten with 0xdb as soon as `use` returns, and to write into
   * it is a `TypeError`. Default false.
   */
  readonly poisonViews?: boolean | undefined
  /** Lower limits than those of the backend. */
  readonly limits?: Partial<Limits> | undefined
  /** A section per backend, by its name. Only the section of the backend in use is read. */
  readonly options?: Readonly<Record<string, unknown>> | undefined
}

/** Long enough for a slow disk to catch up, short enough for a caller to notice. */
export const DEFAULT_FULL_WAIT_MS = 5_000

/** The longest that a timer of Node.js runs: 2^31 - 1 ms, almost 25 days. */
const MAX_WAIT_MS = 2 ** 31 - 1

const survival = v.optional(oneOf(SURVIVALS))
const PACE_ERROR = `must be "manual" or an object with everyMs (1 to ${MAX_WAIT_MS}), everyBytes (from 1) or both`
const pace = fields({
  everyMs: v.optional(integer(1, MAX_WAIT_MS)),
  everyBytes: v.optional(integer(1, Number.MAX_SAFE_INTEGER)),
})
const flushPace = v.optional(
  v.union(
    [
      v.literal('manual'),
      v.pipe(
        pace,
        // With neither, nothing would ever be flushed: that has a name, "manual".
        v.check(({ everyMs, everyBytes }) => everyMs !== undefined || everyBytes !== undefined, PACE_ERROR),
      ),
    ],
    PACE_ERROR,
  ),
)
const limit = v.optional(integer(1, Number.MAX_SAFE_INTEGER))

const backend = v.pipe(
  v.custom<string | object>(
    (value) => (typeof value === 'string' ? value.trim() !== '' : isRecord(value)),
    'must be the name of a backend or of an npm package, a path to a module, or a backend object',
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || typeof dataset.value === 'string') return
    const faults = backendFaults(dataset.value)
    if (faults.length > 0) addIssue({ message: `must be a backend: ${faults.join(', ')}` })
  }),
)

/** What is in it is the business of the backend; an option without its section would be read by nobody. */
const backendSection = v.custom(
  (value) => value === undefined || typeof value === 'object',
  'must be an object: options has a section per backend, by its name, with the options of that backend in it',
)

const directory = v.pipe(
  v.unknown(),
  v.rawCheck(({ dataset, addIssue }) => {
    const message = directoryFault(dataset.value)
    if (message !== undefined) addIssue({ message })
  }),
)

/** The shape of a {@link LogConfig}. */
const logConfigSchema = fields(
  {
    backend,
    directory: v.optional(directory),
    firstSlot: v.optional(integer(0, MAX_SLOT)),
    durability: v.optional(
      fields(
        { accept: survival, commit: survival, flush: flushPace },
        'must be an object with accept, commit and flush',
      ),
    ),
    recovery: v.optional(oneOf(['strict', 'salvage'])),
    acceptLostVotes: v.optional(flag),
    fullWaitMs: v.optional(integer(0, MAX_WAIT_MS)),
    poisonViews: v.optional(flag),
    limits: v.optional(
      fields(
        { valueBytes: limit, batchSlots: limit, batchBytes: limit, uncommittedBytes: limit },
        'must be an object with valueBytes, batchSlots, batchBytes and uncommittedBytes',
      ),
    ),
    options: v.optional(
      v.pipe(
        someFields({}, 'must be an object with a section per backend'),
        v.record(v.string(), backendSection),
      ),
    ),
  },
  'must be an object with at least a backend',
)

/** How the fields of a configuration are named to its author; default: by their path. */
export type FieldNames = (issue: ConfigIssue) => ConfigIssue

/** Checks a configuration. Every field that is wrong is named, with its value and what is allowed: `PLOG_INVALID_CONFIG`. */
export function parseConfig(input: unknown, nameField: FieldNames = (issue) => issue): LogConfig {
  const result = logConfigSchema.safeParse(input)
  if (!result.success) {
    const issues = configIssues(result.error.issues, { input, schema: logConfigSchema })
    throw raise.invalidConfig(issues.map(nameField))
  }
  return result.data as LogConfig
}
