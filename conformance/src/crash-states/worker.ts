// The program of a child process that records what a log does to its files, and opens it over the states that a crash may
// have left of them.
import { readFile, writeFile } from 'node:fs/promises'
import { deserialize, serialize } from 'node:v8'
import { DiskSeam } from '../disk/seam/disk-seam.js'
import type { StateCommand, StateReport } from './messages.js'
import type { Trace } from './trace.js'
import { reasonOf } from '../running/reason.js'

// Before anything of a log is imported: a module may keep functions of node:fs in variables.
const seam = await DiskSeam.install()
const { DiskImage } = await import('../disk/disk-image.js')
const { recordWorkload, workTraced } = await import('./record-workload.js')
const { TraceExaminer } = await import('./examine-trace.js')

/** Resolves when the message has left this process: it arrives even if the process dies then. */
function tell(report: StateReport): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(report, undefined, undefined, (error: Error | null) => (error ? reject(error) : resolve()))
  })
}

async function record({ bench, plan }: Extract<StateCommand, { kind: 'record' }>): Promise<void> {
  try {
    const { trace, ...recorded } = await recordWorkload(seam, bench, plan)
    const { events, sessions } = trace
    await writeFile(bench.traceFile, serialize({ events, sessions } satisfies Omit<Trace, 'initial'>))
    await tell({ kind: 'recorded', ...recorded })
  } catch (error) {
    await tell({ kind: 'failed', finding: error instanceof Error ? String(error.stack) : String(error) })
  }
}

async function work({ bench, plan, markFile }: Extract<StateCommand, { kind: 'work' }>): Promise<void> {
  try {
    await tell({ kind: 'worked', ...(await workTraced(seam, bench, plan, markFile)) })
  } catch (error) {
    await tell({ kind: 'failed', finding: error instanceof Error ? String(error.stack) : String(error) })
  }
}

async function examine(command: Extract<StateCommand, { kind: 'examine' }>): Promise<void> {
  const { bench, plan, choice } = command
  const stored = deserialize(await readFile(bench.traceFile)) as Omit<Trace, 'initial'>
  const trace = { ...stored, initial: new DiskImage() }
  seam.follow(undefined, { withoutFlushes: true })
  await new TraceExaminer(seam, bench, plan, trace, choice).run(choice, tell)
}

async function histories({ bench, plan }: Extract<StateCommand, { kind: 'histories' }>): Promise<void> {
  try {
    // Only here, for they bring a library with them, and most of these processes examine states.
    const { agree } = await import('../model/agreement.js')
    const { weakerThanOffered } = await import('../model/steps.js')
    const { CrashingLog } = await import('./crashing-log.js')
    await agree({
      seed: bench.seed,
      runs: plan.runs,
      firstSlot: 0,
      reopens: true,
      crashes: true,
      weaker: plan.crash === 'kill' ? weakerThanOffered(bench.capabilities) : [],
      begin: () => CrashingLog.create(seam, bench, plan.crash),
      end: (log) => log.end(),
      agreed: ({ crashes }) => tell({ kind: 'agreed', crashes }),
    })
    await tell({ kind: 'ran' })
  } catch (error) {
    await tell({ kind: 'failed', finding: reasonOf(error) })
  }
}

function obey(command: StateCommand): Promise<void> {
  if (command.kind === 'record') return record(command)
  if (command.kind === 'work') return work(command)
  return command.kind === 'examine' ? examine(command) : histories(command)
}

process.on('message', (command: StateCommand) => {
  // A failure ends the process loudly: the kit sees its exit code and its words.
  void obey(command)
})
