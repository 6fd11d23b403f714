import { locateBackend } from '@persistent-log/core'
import { usableDirectory } from './real-directory.js'
import type { Terminal } from './terminal.js'

/** Options of `plog differential`. */
export interface DifferentialCommandOptions {
  readonly seed?: number
  readonly calls?: number
  readonly directory?: string
  readonly json?: boolean
}

/** Runs one random history on two backends; 1 when they differ. */
export async function differentialCommand(
  names: readonly [string, string],
  { seed = Math.floor(Math.random() * 2 ** 32), calls, directory, json = false }: DifferentialCommandOptions,
  terminal: Terminal,
): Promise<number> {
  const [first, second] = names.map((name) => ({ backend: locateBackend(name) }))
  if (first === undefined || second === undefined) throw new TypeError('two backends are compared')
  const place = await usableDirectory(directory)
  const { compareBackends } = await import('@persistent-log/conformance')
  const report = await compareBackends({ backends: [first, second], seed, calls, directory: place })
  const { difference } = report
  if (json) terminal.out(JSON.stringify(report, null, 2))
  else if (difference === undefined) {
    terminal.out(
      `${names[0]} and ${names[1]} answered alike in ${report.calls} calls, and held the same after each`,
    )
    terminal.out(`replay with --seed ${seed}`)
  } else {
    const what = difference.kind === 'answer' ? 'answers' : 'holds what the other does not'
    terminal.out(`first difference at call ${difference.at + 1} of ${report.calls}: ${difference.call}`)
    for (const [at, name] of names.entries()) terminal.out(`  ${name} ${what}: ${difference.shown[at] ?? ''}`)
    terminal.out(`replay with --seed ${seed}`)
  }
  return difference === undefined ? 0 : 1
}
