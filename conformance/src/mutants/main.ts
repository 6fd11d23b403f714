import { parseArgs } from 'node:util'
import { runConformance, type ConformanceOptions } from '../run-conformance.js'
import { MUTANT_BUDGETS, notices } from './prove.js'
import { Prover } from './prover.js'
import { suspects, unprovenCases, type Suspect } from './suspects.js'
import { TOY_BACKEND } from './toy/toy-mutants.js'

// npm run mutants [-- --seed N] [--only name,name] [--all]
//
// The unbroken logs pass every case; each broken one fails those that are after its defect; and there is a broken one for
// every case. `--all` runs every case over the broken logs, and lists those that fail: for the author of a new one.

const REFERENCE = new URL('./reference.js', import.meta.url)
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

/** They wait for files and timers more than they compute. */
const AT_ONCE = 4

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    all: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed)
const names = values.only?.split(',')
const chosen = suspects.filter(({ name }) => names === undefined || names.includes(name))

async function passes(name: string, options: ConformanceOptions): Promise<boolean> {
  const { passed, failures } = await runConformance({ ...options, seed, budgets: MUTANT_BUDGETS })
  for (const { case: id, message } of failures) console.log(`${name} fails ${id}: ${message}`)
  console.log(`${name}, unbroken: ${passed} cases passed, ${failures.length} failed`)
  return failures.length === 0
}

async function inParallel(work: (suspect: Suspect, prover: Prover) => Promise<void>): Promise<void> {
  const waiting = [...chosen]
  const worker = async (): Promise<void> => {
    const prover = new Prover()
    try {
      for (let suspect = waiting.shift(); suspect; suspect = waiting.shift()) await work(suspect, prover)
    } finally {
      prover.end()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

/** Every case over every broken log: takes its time. */
async function listAll(): Promise<void> {
  for (const suspect of chosen) {
    const { noticed } = await notices(suspect, undefined, seed)
    console.log(`${suspect.name}: ${suspect.defect}: ${noticed.length} notice it: ${noticed.join(' ')}`)
  }
}

async function proveAll(): Promise<boolean> {
  const survivors: string[] = []
  const skipped: string[] = []
  await inParallel(async (suspect, prover) => {
    const proof = await prover.prove(suspect, seed)
    for (const { case: id, reason } of proof.skipped) {
      skipped.push(id)
      console.log(`${suspect.name}: ${id} SKIPPED: ${reason}`)
    }
    if (proof.missedBy.length > 0 || suspect.caughtBy.length === 0) survivors.push(suspect.name)
    const missed = proof.missedBy.length > 0 ? `, NOT NOTICED by ${proof.missedBy.join(', ')}` : ''
    const verdict = proof.noticedBy.length > 0 ? `killed by ${proof.noticedBy.join(', ')}` : 'not killed'
    console.log(`${suspect.name}: ${suspect.defect}: ${verdict}${missed}`)
  })
  const unproven = unprovenCases()
  if (unproven.length > 0) console.log(`no broken log is for: ${unproven.join(' ')}`)
  if (survivors.length > 0) console.log(`survivors: ${survivors.join(', ')}`)
  if (skipped.length > 0) console.log(`skipped cases: ${skipped.length}`)
  console.log(`killed ${chosen.length - survivors.length} of ${chosen.length}, unproven ${unproven.length}`)
  const isWhole = skipped.length === 0 || process.env['CI'] !== 'true'
  return survivors.length === 0 && unproven.length === 0 && isWhole
}

async function main(): Promise<boolean> {
  if (values.all) {
    await listAll()
    return true
  }
  const isSound =
    (await passes('reference', { backend: REFERENCE, withoutChildren: true })) &&
    (await passes('toy', { backend: TOY_BACKEND, only: TOY_CASES }))
  return isSound && (await proveAll())
}

if (!(await main())) process.exitCode = 1
