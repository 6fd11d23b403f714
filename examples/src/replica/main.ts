import { constants } from 'node:os'
import { performance } from 'node:perf_hooks'
import { readCommandLine, USAGE, type Choices } from './command-line.js'
import { nameOfInput } from './data-set.js'
import { Expectation } from './expectation.js'
import { Life, type LifeReport } from './life.js'
import { progressFor } from './progress.js'
import { shown } from './proofs.js'
import { killReplicas } from './replica.js'
import { proofLines, tableOf } from './report.js'
import { messageOf, UserError } from './user-error.js'
import {
  flushLatencyMs,
  makeWorkDirectory,
  removeWorkDirectory,
  removeWorkDirectoryNow,
} from './work-directory.js'

const say = (line = ''): void => void process.stdout.write(`${line}\n`)

/** Runs everything that was asked for; true when every proof holds. */
async function run(choices: Choices, directory: string): Promise<boolean> {
  const startedMs = performance.now()
  const { backends, input, seed } = choices
  const expectation = await Expectation.of(input, choices.commands)
  say(`${shown(expectation.commands)} commands of ${nameOfInput(input)}`)
  say(
    `logs in ${directory}, where one fdatasync takes ${(await flushLatencyMs(directory)).toFixed(2)} ms; seed ${seed}`,
  )
  say()

  const progress = progressFor(process.stdout)
  const reports: LifeReport[] = []
  const broken: string[] = []
  for (const [index, backend] of backends.entries()) {
    try {
      reports.push(await new Life(backend, { directory, input, seed, expectation, progress }, index).run())
    } catch (error) {
      if (error instanceof UserError) throw error
      broken.push(`${backend}: ${messageOf(error)}`)
    } finally {
      progress.end()
    }
  }

  say()
  for (const line of expectation.describe()) say(`The commands say - ${line}`)
  say(tableOf(reports))
  for (const line of [...proofLines(reports), ...broken.map((what) => `FAILED  ${what}`)]) say(line)
  const proofs = reports.flatMap((report) => report.proofs)
  const failed = proofs.filter(({ holds }) => !holds).length + broken.length
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1)
  say(
    failed === 0
      ? `All ${proofs.length} proofs hold, after ${seconds} s.`
      : `${failed} of ${proofs.length + broken.length} proofs FAILED. Repeat with --seed ${seed}.`,
  )
  return failed === 0
}

async function main(): Promise<void> {
  const choices = await readCommandLine(process.argv.slice(2))
  if (choices === undefined) return say(USAGE)
  const directory = await makeWorkDirectory(choices.directory)
  const stop = (signal: NodeJS.Signals): void => {
    killReplicas()
    // At once and in this turn: the work must not notice, or it would go on with the next backend.
    removeWorkDirectoryNow(directory)
    process.exit(128 + constants.signals[signal])
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    if (!(await run(choices, directory))) process.exitCode = 1
  } finally {
    await removeWorkDirectory(directory)
  }
}

main().catch((error: unknown) => {
  const message =
    error instanceof UserError ? error.message : error instanceof Error ? error.stack : String(error)
  process.stderr.write(`${message}\n`)
  process.exitCode = 1
})
