import { fields, flag, integer, someFields, v } from '@persistent-log/core/backend'
import { callback, check, MAX_SEED } from './check.js'

const text = (what: string) => v.pipe(v.string(what), v.nonEmpty(what))

const backend = v.custom(
  (value) => value instanceof URL || (typeof value === 'string' && value !== ''),
  'must be the name of a package, or the path or URL of a module',
)
const directory = text('must be the path of a directory')
const seed = integer(0, MAX_SEED)

const NAMES_ERROR = 'must be a list of at least one category or id of a case'
const additionalCase = someFields(
  { id: text('must be category.what-is-true'), title: text('must be a sentence'), run: callback },
  'must be a case, with an id, a title and a function run',
)

/** What a run and a suite of tests are both told. Tiers and budgets are examined where they are resolved. */
const common = {
  backend,
  config: v.optional(callback),
  directory: v.optional(directory),
  seed: v.optional(seed),
  only: v.optional(
    v.pipe(v.array(text('must be a category or the id of a case'), NAMES_ERROR), v.minLength(1, NAMES_ERROR)),
  ),
  waivers: v.optional(
    v.record(
      v.string(),
      text('must be the reason, as a sentence'),
      'must be an object of case ids and reasons',
    ),
  ),
  state: v.optional(text('must be a state or fault, as a failure prints it')),
  tiers: v.optional(v.unknown()),
  require: v.optional(v.unknown()),
  budgets: v.optional(v.unknown()),
  additionalCases: v.optional(v.array(additionalCase, 'must be a list of cases')),
  withoutChildren: v.optional(flag),
}

const runOptions = fields({
  ...common,
  bail: v.optional(flag),
  tally: v.optional(someFields({}, 'must be a tally, as newTally() makes it')),
  onBegin: v.optional(callback),
  onStart: v.optional(callback),
  onCase: v.optional(callback),
})

const runner = someFields({ describe: callback, it: callback }, 'must be { describe, it }')
const suiteOptions = fields({ ...common, runner: v.optional(runner) })

/** More calls would run for hours on an engine that flushes each. */
export const MOST_CALLS = 1_000_000

const contestant = fields({ backend, config: v.optional(callback) })
const TWO = 'must be a list of two backends'
const comparison = fields({
  backends: v.pipe(v.array(contestant, TWO), v.length(2, TWO)),
  seed,
  calls: v.optional(integer(1, MOST_CALLS)),
  directory: v.optional(directory),
})

/** Refuses options of a run that are misspelt or wrong, before anything runs: `PLOG_INVALID_CONFIG`. */
export const checkRunOptions = (options: unknown): void => check(runOptions, options)

/** The same for a suite that a test runner runs. */
export const checkSuiteOptions = (options: unknown): void => check(suiteOptions, options)

/** The same for a comparison of two backends. */
export const checkComparison = (options: unknown): void => check(comparison, options)
