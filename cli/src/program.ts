import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { Tier } from '@persistent-log/conformance'
import type { BackendsOptions } from './backends-command.js'
import type { ConformanceCommandOptions } from './conformance-command.js'
import type { DifferentialCommandOptions } from './differential-command.js'
import { shownError } from './shown-error.js'
import { version } from './version.js'
import type { Terminal } from './terminal.js'

/** All is well; something was found or failed; the command line was wrong. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const

function tiersOf(text: string): readonly Tier[] {
  if (/^[123](?:,[123])*$/.test(text)) return text.split(',').map((part) => Number(part) as Tier)
  throw new InvalidArgumentError('It must be a list of 1, 2 and 3, like 1,2.')
}

function seedOf(text: string): number {
  const seed = Number(text)
  if (/^\d+$/.test(text) && seed < 2 ** 32) return seed
  throw new InvalidArgumentError('It must be an integer from 0 to 4294967295.')
}

/** More would run for hours on an engine that flushes each call. */
const MOST_CALLS = 1_000_000

function callsOf(text: string): number {
  const calls = Number(text)
  if (/^[1-9]\d*$/.test(text) && calls <= MOST_CALLS) return calls
  throw new InvalidArgumentError(`It must be an integer from 1 to ${MOST_CALLS}.`)
}

/** Runs a command line and returns the exit code. What a command needs is imported only when it runs. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: number = EXIT.ok
  const program = new Command('plog')
    .description('Examine persistent logs and their backends')
    .version(version())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    })

  program
    .command('backends')
    .description('list the known backends, and whether they are installed')
    .argument('[backends...]', 'packages or paths to list beside them')
    .option('--open', 'open each in a temporary directory and list what it can do')
    .option('--json', 'print JSON')
    .action(async (more: string[], options: BackendsOptions) => {
      const { backendsCommand } = await import('./backends-command.js')
      exitCode = await backendsCommand(more, options, terminal)
    })

  program
    .command('conformance')
    .description('examine a backend: every law of the contract, as a test')
    .argument('<backend>', 'a known name, an npm package, or the path of a module')
    .option('--json <file>', 'write the report to a file')
    .option('--html <file>', 'write the report as a page: a certificate')
    .option('--seed <number>', 'replay the choices of an earlier run', seedOf)
    .option('--only <ids...>', 'cases or categories; a part that ends in * stands for all that begin with it')
    .addOption(new Option('--case <id>', 'run this case only').conflicts('only'))
    .option('--state <state>', 'try this state or fault only, as a failure prints it')
    .option('--tier <tiers>', '1 any machine, 2 with strace, 3 as root with loop devices: 1,2,3', tiersOf)
    .option('--require <tiers>', 'tiers that fail instead of being skipped where they cannot run', tiersOf)
    .addOption(
      new Option(
        '--budget <budget>',
        'how hard to try (default: full where all tiers are asked for, else quick)',
      ).choices(['brief', 'quick', 'full']),
    )
    .option('--directory <directory>', 'where the logs are made (default: the temporary directory)')
    .option('--options <json>', "the backend's own options")
    .option(
      '--waivers <file>',
      'cases to do without, each with its reason, as JSON; no tier of theirs is reached',
    )
    .action(async (backend: string, options: ConformanceCommandOptions) => {
      const { conformanceCommand } = await import('./conformance-command.js')
      exitCode = await conformanceCommand(backend, options, terminal)
    })

  program
    .command('differential')
    .description('run one random history on two backends, and show where they first differ')
    .argument('<first>', 'a known name, an npm package, or the path of a module')
    .argument('<second>', 'another one')
    .option('--seed <number>', 'replay the history of an earlier run', seedOf)
    .option('--calls <number>', 'calls of the history (default: 500)', callsOf)
    .option('--directory <directory>', 'where the logs are made (default: the temporary directory)')
    .option('--json', 'print JSON')
    .action(async (first: string, second: string, options: DifferentialCommandOptions) => {
      const { differentialCommand } = await import('./differential-command.js')
      exitCode = await differentialCommand([first, second], options, terminal)
    })

  try {
    await program.parseAsync([...argv], { from: 'user' })
    return exitCode
  } catch (error) {
    // Commander has printed its own: help and version leave with 0, everything else was a wrong command line.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    terminal.err(shownError(error))
    return EXIT.failed
  }
}
