// The program of a worker thread that attaches a log; it makes the calls that it is sent, and says what came of them.
import { parentPort, workerData } from 'node:worker_threads'
import {
  attachLog,
  isPersistentLogError,
  type AttachedLog,
  type Decision,
  type ThreadHandle,
} from '@persistent-log/core'
import { LoadReader } from './under-load.js'
import type { ThreadCall, ThreadOrder, ThreadOutcome } from './attached.js'

const { handle, backend } = workerData as ThreadOrder

async function attach(): Promise<AttachedLog | ThreadOutcome> {
  try {
    return await attachLog(handle as ThreadHandle, { backend })
  } catch (error) {
    return outcomeOf(error)
  }
}

function outcomeOf(error: unknown): ThreadOutcome {
  const { name, message } = error as Error
  return { error: isPersistentLogError(error) ? error.code : name, message }
}

let reader: LoadReader

async function perform(log: AttachedLog, { method, args }: ThreadCall): Promise<unknown> {
  switch (method) {
    case 'syncRead':
      return log.syncReads?.read(args[0] as number)
    case 'borrow':
      return log.borrowedReads?.read(args[0] as number, (value) => Uint8Array.from(value))
    case 'lend':
      return lend(log, args[0] as object, args[1] as number)
    case 'scan': {
      const entries = []
      for await (const entry of log.decisions(args[0] as object, args[1] as object)) entries.push(entry)
      return entries
    }
    case 'all':
      // Handed over one behind the other, none awaited before the next.
      return Promise.allSettled((args as ThreadCall[]).map((call) => perform(log, call)))
    case 'capabilitiesOf':
      return log.capabilities
    case 'readUnderLoad':
      return reader.read()
    case 'seen':
      return reader.seen()
    case 'stopReading':
      return reader.stop()
    case 'halves':
      return halves(log, args[0] as number, args[1] as number)
    default:
      return (log[method as keyof AttachedLog] as (...given: readonly unknown[]) => unknown)(...args)
  }
}

/** What a borrowed scan lends, up to and with a slot at which it is told to end, and where it says that it ended. */
function lend(log: AttachedLog, range: object, last: number): unknown {
  const lent: { slot: number; value: Uint8Array }[] = []
  const end = log.borrowedReads?.scan(range, (slot, value) => {
    lent.push({ slot, value: Uint8Array.from(value) })
    return slot < last
  })
  return end === undefined ? undefined : { lent, end }
}

/** Whether it is the decision of this slot, as the owner made it. */
const isWhole = (held: Decision | undefined, slot: number): boolean =>
  held !== undefined && Buffer.from(held.value).toString() === `value ${slot}.1`

/**
 * Looks at the pairs of slots below `to`, each decided at once by somebody else: how often one was there, and the other one,
 * asked for after it, was not, or one of them had not its value.
 */
async function halves(log: AttachedLog, from: number, to: number): Promise<number> {
  let found = 0
  for (let slot = from; slot < to; slot += 2) {
    for (;;) {
      const second = await log.read(slot + 1)
      if (!second) continue
      const first = await log.read(slot)
      if (!isWhole(first, slot) || !isWhole(second, slot + 1)) found++
      break
    }
  }
  return found
}

const attached = await attach()
if ('error' in attached) parentPort!.postMessage({ id: 0, outcome: attached })
else {
  const log = attached as AttachedLog
  reader = new LoadReader(log)
  parentPort!.on('message', ({ id, call }: { id: number; call: ThreadCall }) => {
    perform(log, call).then(
      (value) => parentPort!.postMessage({ id, outcome: { value } }),
      (error: unknown) => parentPort!.postMessage({ id, outcome: outcomeOf(error) }),
    )
  })
  parentPort!.postMessage({ id: 0, outcome: {} })
}
