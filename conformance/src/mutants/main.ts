import { parseArgs } from 'node:util'
import { runConformance, type ConformanceOptions } from '../run-conformance.js'
import { allCases } from '../suites/index.js'
import { inspectHost, whyNotHere } from '../host/host.js'
import { ALL_TIERS } from '../running/tiers.js'
import { allMutants } from './all-mutants.js'
import { TOY_BACKEND, TOY_MUTANTS } from './toy/toy-mutants.js'

// npm run mutants [-- --seed N] [--only name,name] [--unproven]
//
// The reference log, unbroken, passes every case; each broken one fails at least one. `--unproven` runs every case on
// every broken log, and lists the cases that never failed: they prove nothing yet.

/** What the unbroken reference log and every broken one are named by. */
const REFERENCE = new URL('./reference.js', import.meta.url)
const MUTANT = new URL('./mutant-backend.js', import.meta.url)
/** What the toy log, which is there to be killed, is examined with. */
const TOY_CASES = [
  'dur',
  'rec',
  'rot',
  'fault',
  'lock',
  'close',
  'batch.kill-mid-batch',
  'batch.crash-*',
  'model.commands-*',
]

/** Enough for the model to notice what the named cases miss; the named cases run first. */
const MODEL_RUNS = 100
/** They wait for files and timers more than they compute. */
const AT_ONCE = 4

interface Suspect {
  readonly name: string
  readonly defect: string
  readonly options: ConformanceOptions
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    unproven: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed)
/** A defect shows in one of a hundred states or so, and is looked for until it does. */
const CRASH_STATES = 1_200
const budgets = { modelRuns: MODEL_RUNS, kills: 4, crashStates: CRASH_STATES }

const suspects: readonly Suspect[] = [
  ...allMutants.map(({ name, defect }) => ({
    name,
    defect,
    options: { backend: MUTANT, config: () => ({ options: { mutant: { name } } }), withoutChildren: true },
  })),
  ...TOY_MUTANTS.map(({ name, what, caughtBy, tier, state }) => ({
    name,
    defect: what,
    options: {
      backend: TOY_BACKEND,
      config: () => ({ options: { toy: { defect: name } } }),
      only: caughtBy,
      tiers: [tier],
      state,
    },
  })),
].filter(({ name }) => values.only === undefined || values.only.split(',').includes(name))

/** The cases that noticed. A log that cannot even be opened is noticed by every case. */
async function killers({ options }: Suspect): Promise<readonly string[]> {
  const bail = !values.unproven
  try {
    const { failures } = await runConformance({ ...options, seed, budgets, bail })
    return failures.map(({ case: id }) => id)
  } catch (error) {
    return [`(opening it: ${error instanceof Error ? error.message : String(error)})`]
  }
}

async function passes(name: string, options: ConformanceOptions): Promise<boolean> {
  const { passed, failures } = await runConformance({ ...options, seed, budgets })
  for (const { case: id, message } of failures) console.log(`${name} fails ${id}: ${message}`)
  console.log(`${name}, unbroken: ${passed} cases passed, ${failures.length} failed`)
  return failures.length === 0
}

async function main(): Promise<boolean> {
  const isSound =
    (await passes('reference', { backend: REFERENCE, withoutChildren: true })) &&
    (await passes('toy', { backend: TOY_BACKEND, only: TOY_CASES }))
  if (!isSound) return false

  const host = await inspectHost(ALL_TIERS)
  // Run no case, a mutant would fail, and count as killed by nothing.
  const missing = suspects.flatMap(({ name, options }) => {
    const reason = options.tiers?.map((tier) => whyNotHere(host, tier)).find((why) => why !== undefined)
    return reason === undefined ? [] : [{ name, reason }]
  })
  for (const { name, reason } of missing) console.log(`${name}: SKIPPED: ${reason}`)
  const proven = new Set<string>()
  const survivors: string[] = []
  const waiting = suspects.filter(({ name }) => !missing.some((one) => one.name === name))
  const examined = waiting.length
  const work = async (): Promise<void> => {
    for (let suspect = waiting.shift(); suspect; suspect = waiting.shift()) {
      const noticedBy = await killers(suspect)
      for (const id of noticedBy) proven.add(id)
      if (noticedBy.length === 0) survivors.push(suspect.name)
      const more = noticedBy.length > 1 ? ` and ${noticedBy.length - 1} more` : ''
      const verdict = noticedBy.length > 0 ? `killed by ${noticedBy[0]}${more}` : 'SURVIVES'
      console.log(`${suspect.name}: ${suspect.defect}: ${verdict}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))

  if (values.unproven) {
    const unproven = allCases.filter(({ id }) => !proven.has(id))
    console.log(`unproven ${unproven.length}: ${unproven.map(({ id }) => id).join(' ')}`)
  }
  if (survivors.length > 0) console.log(`survivors: ${survivors.join(', ')}`)
  console.log(`killed ${examined - survivors.length} of ${suspects.length}, skipped ${missing.length}`)
  return survivors.length === 0 && (missing.length === 0 || process.env['CI'] !== 'true')
}

if (!(await main())) process.exitCode = 1
