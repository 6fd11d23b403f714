import { z } from 'zod'
import { backendFaults } from '../backend/backend-shape.js'
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

const integer = (from: number, to: number) => {
  const error = `must be an integer from ${from} to ${to}`
  // One check, so that one mistake makes one issue.
  const fits = (value: number) => Number.isInteger(value) && value >= from && value <= to
  return z.number({ error }).refine(fits, { error })
}
const oneOf = <const T extends readonly string[]>(words: T) =>
  z.enum(words, { error: `must be one of ${words.map((word) => JSON.stringify(word)).join(', ')}` })
const section = (what: string) => ({
  error: (issue: { readonly code?: string | undefined }) =>
    issue.code === 'invalid_type' ? `must be an object ${what}` : undefined,
})

const survival = oneOf(SURVIVALS).optional()
const PACE_ERROR = `must be "manual" or an object with everyMs (1 to ${MAX_WAIT_MS}), everyBytes (from 1) or both`
const flushPace = z
  .union(
    [
      z.literal('manual'),
      z
        .strictObject({
          everyMs: integer(1, MAX_WAIT_MS).optional(),
          everyBytes: integer(1, Number.MAX_SAFE_INTEGER).optional(),
        })
        // With neither, nothing would ever be flushed: that has a name, "manual".
        .refine(({ everyMs, everyBytes }) => everyMs !== undefined || everyBytes !== undefined, {
          error: PACE_ERROR,
        }),
    ],
    { error: PACE_ERROR },
  )
  .optional()
const limit = integer(1, Number.MAX_SAFE_INTEGER).optional()

const backendSchema = z.unknown().superRefine((value, context) => {
  if (typeof value === 'string' && value.trim() !== '') return
  if (typeof value !== 'object' || value === null) {
    const message =
      'must be the name of a backend or of an npm package, a path to a module, or a backend object'
    context.addIssue({ code: 'custom', message })
    return
  }
  const faults = backendFaults(value)
  if (faults.length > 0)
    context.addIssue({ code: 'custom', message: `must be a backend: ${faults.join(', ')}` })
})

/** What is in it is the business of the backend; an option without its section would be read by nobody. */
const backendSection = z.unknown().refine((value) => value === undefined || typeof value === 'object', {
  error:
    'must be an object: options has a section per backend, by its name, with the options of that backend in it',
})

const directory = z.unknown().superRefine((value, context) => {
  const message = directoryFault(value)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})

/** The shape of a {@link LogConfig}. */
const logConfigSchema = z.strictObject(
  {
    backend: backendSchema,
    directory: directory.optional(),
    firstSlot: integer(0, MAX_SLOT).optional(),
    durability: z
      .strictObject(
        { accept: survival, commit: survival, flush: flushPace },
        section('with accept, commit and flush'),
      )
      .optional(),
    recovery: oneOf(['strict', 'salvage']).optional(),
    acceptLostVotes: z.boolean({ error: 'must be true or false' }).optional(),
    fullWaitMs: integer(0, MAX_WAIT_MS).optional(),
    poisonViews: z.boolean({ error: 'must be true or false' }).optional(),
    limits: z
      .strictObject(
        { valueBytes: limit, batchSlots: limit, batchBytes: limit, uncommittedBytes: limit },
        section('with valueBytes, batchSlots, batchBytes and uncommittedBytes'),
      )
      .optional(),
    options: z.record(z.string(), backendSection, section('with a section per backend')).optional(),
  },
  section('with at least a backend'),
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
