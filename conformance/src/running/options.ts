import { z } from '@persistent-log/core/backend'
import { callback, check, fields, integer, MAX_SEED } from './check.js'

const text = (what: string) => z.string({ error: what }).min(1, { error: what })
const flag = z.boolean({ error: 'must be true or false' })

const backend = z.custom((value) => value instanceof URL || (typeof value === 'string' && value !== ''), {
  error: 'must be the name of a package, or the path or URL of a module',
})
const directory = text('must be the path of a directory')
const seed = integer(0, MAX_SEED)

const NAMES_ERROR = 'must be a list of at least one category or id of a case'
const CASE = { error: 'must be a case, with an id, a title and a function run' }
const title = text('must be a sentence')

/** What a run and a suite of tests are both told. Tiers and budgets are examined where they are resolved. */
const common = {
  backend,
  config: callback.optional(),
  directory: directory.optional(),
  seed: seed.optional(),
  only: z
    .array(text('must be a category or the id of a case'), { error: NAMES_ERROR })
    .min(1, { error: NAMES_ERROR })
    .optional(),
  waivers: z
    .record(z.string(), text('must be the reason, as a sentence'), {
      error: 'must be an object of case ids and reasons',
    })
    .optional(),
  state: text('must be a state or fault, as a failure prints it').optional(),
  tiers: z.unknown().optional(),
  require: z.unknown().optional(),
  budgets: z.unknown().optional(),
  additionalCases: z
    .array(z.looseObject({ id: text('must be category.what-is-true'), title, run: callback }, CASE), {
      error: 'must be a list of cases',
    })
    .optional(),
  withoutChildren: flag.optional(),
}

const runOptions = fields({
  ...common,
  bail: flag.optional(),
  tally: z.looseObject({}, { error: 'must be a tally, as newTally() makes it' }).optional(),
  onBegin: callback.optional(),
  onStart: callback.optional(),
  onCase: callback.optional(),
})

const runner = z.looseObject({ describe: callback, it: callback }, { error: 'must be { describe, it }' })
const suiteOptions = fields({ ...common, runner: runner.optional() })

/** More calls would run for hours on an engine that flushes each. */
export const MOST_CALLS = 1_000_000

const contestant = fields({ backend, config: callback.optional() })
const comparison = fields({
  backends: z.tuple([contestant, contestant], { error: 'must be a list of two backends' }),
  seed,
  calls: integer(1, MOST_CALLS).optional(),
  directory: directory.optional(),
})

/** Refuses options of a run that are misspelt or wrong, before anything runs: `PLOG_INVALID_CONFIG`. */
export const checkRunOptions = (options: unknown): void => check(runOptions, options)

/** The same for a suite that a test runner runs. */
export const checkSuiteOptions = (options: unknown): void => check(suiteOptions, options)

/** The same for a comparison of two backends. */
export const checkComparison = (options: unknown): void => check(comparison, options)
