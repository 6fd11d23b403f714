import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { bench, type BenchOptions } from './bench-command.js'
import { compare } from './compare-command.js'
import { readme } from './readme-command.js'
import { record } from './record-command.js'
import type { Terminal } from './terminal.js'

const SUITES = ['hybrid', 'interface', 'durability', 'growth', 'all']

/** Runs a command line and returns its exit code: 0 fine, 1 a failed cell or a slower run, 2 wrong usage. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode = 0
  const program = new Command('bench')
    .enablePositionalOptions()
    .description(
      'Measures persistent logs beside what else one could use, and beside the limits of the machine',
    )
    .option('--quick', 'the most telling workloads, briefly: less than two minutes')
    .addOption(new Option('--suite <name>', 'a group of workloads').choices(SUITES).default('all'))
    .option('--backends <names>', 'backends, npm packages, modules, peers; divided by commas', list)
    .option('--workload <parts>', 'only workloads whose name holds one of these', list, [])
    .option('--workload-file <files>', 'modules that export `workloads`', list, [])
    .option('--rounds <number>', 'rounds of each cell', count)
    .option('--measure-ms <number>', 'time of each round', count)
    .option('--directory <path>', 'where the logs are put; default: the temporary directory')
    .option('--resume <file>', 'keep finished rounds in this file, and go on from those that it holds')
    .option('--profiles <folder>', 'write a CPU profile of each round into this folder')
    .option('--json <file>', 'write the report for machines')
    .option('--html <file>', 'write the report as one page')
    .option('--markdown <file>', 'write the report for a README')
    .action(async (options: BenchOptions) => {
      exitCode = await bench(options, terminal)
    })
  const comparing = program
    .command('compare <before> <after>')
    .description('say what became slower between two files that --json wrote')
    .action(async (before: string, after: string) => {
      exitCode = await compare(before, after, terminal)
    })
  const recording = program
    .command('record')
    .description('run everything and keep it in bench/results; an interrupted run goes on where it was')
    .option('--rounds <number>', 'rounds of each cell, at most', count)
    .option('--directory <path>', 'where the logs are put; default: the temporary directory')
    .action(async (options: Pick<BenchOptions, 'rounds' | 'directory'>) => {
      exitCode = await record(terminal, options)
    })
  const writing = program
    .command('readme')
    .description('make the tables of the READMEs anew from the newest run in bench/results')
    .action(async () => {
      exitCode = await readme(terminal)
    })
  const output = {
    writeOut: (text: string) => terminal.out(text.trimEnd()),
    writeErr: (text: string) => terminal.err(text.trimEnd()),
  }
  for (const command of [program, comparing, recording, writing])
    command.exitOverride().configureOutput(output)
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    terminal.err(error instanceof Error ? error.message : String(error))
    return 2
  }
}

function list(text: string): string[] {
  return text.split(',').filter((part) => part !== '')
}

function count(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('It must be an integer from 1 on.')
  return number
}
