// The program of a child process: it opens a log, works on it, and is killed. What it says over IPC is all that is left
// of it; nothing is kept here that a check could rest on.
import { isPersistentLogError, type PersistentLog } from '@persistent-log/core'
import { loadBackend, openLogUnderTest } from '../running/target.js'
import type { Command, PlainError, Report } from './messages.js'
import { observe, type Observation } from './observation.js'
import { OpeningWatch } from './opening-death.js'
import { perform } from './operation.js'

let log: PersistentLog | undefined

/** Resolves when the message has left this process: it arrives even if the process dies then. */
function tell(report: Report): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(report, undefined, undefined, (error: Error | null) => (error ? reject(error) : resolve()))
  })
}

function plain(error: unknown): PlainError {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  if (!isPersistentLogError(error)) return { code: undefined, message, context: {} }
  const { pid, host, file, slot } = error.context
  return { code: error.code, message: error.message, context: { pid, host, file, slot } }
}

async function open({ order, death }: Extract<Command, { kind: 'open' }>): Promise<void> {
  const watch = death && (await OpeningWatch.prepare())
  await loadBackend(order.backend)
  await tell({ kind: 'opening' })
  const opening = (): Promise<PersistentLog> => openLogUnderTest(order)
  try {
    log = await (watch === undefined || death === undefined ? opening() : watch.during(death, opening))
  } catch (error) {
    return tell({ kind: 'refused', error: plain(error) })
  }
  let found: Observation
  try {
    found = await observe(log)
  } catch (error) {
    return tell({ kind: 'unreadable', error: plain(error) })
  }
  await tell({ kind: 'opened', found, recovery: log.recovery })
}

async function survey({ order }: Extract<Command, { kind: 'survey' }>): Promise<void> {
  const watch = await OpeningWatch.prepare()
  await loadBackend(order.backend)
  const found = await watch.survey(async () => (log = await openLogUnderTest(order)))
  await tell({ kind: 'surveyed', survey: found })
}

/** Nothing that the log put off until after its acknowledgement gets a chance. */
function die(at: number): void {
  // A message as short as this is with the kernel when `send` returns.
  process.send?.({ kind: 'did', at } satisfies Report)
  process.kill(process.pid, 'SIGKILL')
}

async function run(
  opened: PersistentLog,
  { operations, window, diesAt, mostRefusals = Infinity }: Extract<Command, { kind: 'run' }>,
): Promise<void> {
  const inFlight = new Set<Promise<void>>()
  let refusals = 0
  for (const [at, operation] of operations.entries()) {
    while (inFlight.size >= (operation.alone === true ? 1 : window)) await Promise.race(inFlight)
    if (refusals >= mostRefusals) break
    await tell({ kind: 'will', at })
    const call: Promise<void> = perform(opened, operation)
      .then(
        () => (at === diesAt ? die(at) : tell({ kind: 'did', at })),
        (error: unknown) => {
          refusals++
          return tell({ kind: 'failed', at, error: plain(error) })
        },
      )
      .finally(() => inFlight.delete(call))
    inFlight.add(call)
  }
  await Promise.all(inFlight)
  await tell({ kind: 'ran' })
}

async function obey(command: Command): Promise<void> {
  if (command.kind === 'import') {
    await loadBackend(command.backend)
    return tell({ kind: 'imported' })
  }
  if (command.kind === 'open') return open(command)
  if (command.kind === 'survey') return survey(command)
  if (command.kind === 'leave') return process.disconnect()
  if (log === undefined) throw new Error(`${command.kind}: no log is open`)
  if (command.kind === 'run') return run(log, command)
  if (command.kind === 'look') return tell({ kind: 'looked', found: await observe(log) })
  await close(log)
}

async function close(opened: PersistentLog): Promise<void> {
  try {
    await opened.close()
  } catch (error) {
    return tell({ kind: 'closed', error: plain(error) })
  }
  await tell({ kind: 'closed' })
}

process.on('message', (command) => {
  // A failure ends the process loudly: the kit sees its exit code and its words.
  void obey(command as Command)
})
