import { isPersistentLogError, recover, type Decision, type PersistentLog } from '@persistent-log/core'
import { sha256, type Observation } from '../crash/observation.js'
import { shownEntry } from '../running/dump.js'
import { joined } from '../running/values.js'
import { openLogUnderTest, type OpenOrder } from '../running/target.js'
import { refusal, type Classified } from './classify.js'
import { reasonOf } from '../running/reason.js'

/** A checkpoint as it was stored. */
interface State {
  readonly slot: number
  readonly hash: string
}

/** What a recovery handed to the state machine. */
interface Handed {
  restored: State | undefined
  readonly applied: string[]
}

const wrong = (evidence: string): Classified => ({ consequence: 'wrong', evidence })

/**
 * Opens a log whose newest checkpoint may be damaged, and recovers a state machine from it: from the newest one that is intact,
 * and every decision behind that; where that one lies below the point, the log asks for another checkpoint. Then all but one
 * are pruned: the last one that is intact stays, also when the log is opened again.
 */
export async function recoverOver(order: OpenOrder, expected: Observation): Promise<Classified> {
  let log: PersistentLog
  try {
    log = await openLogUnderTest(order)
  } catch (error) {
    return refusal('opening', error)
  }
  try {
    const states = expected.states.map((line): State => {
      const [slot = '', hash = ''] = line.split(' ')
      return { slot: Number(slot), hash }
    })
    const intact: State[] = []
    for (const state of states) if (await isIntact(log, state)) intact.push(state)
    const newest = intact.at(-1)
    if (newest === states.at(-1)) return { consequence: 'ok', evidence: 'the newest checkpoint is intact' }
    const recovered = await recovery(log, newest, expected)
    if (recovered.consequence === 'wrong' || newest === undefined) return recovered
    await log.checkpoints.prune({ keep: 1 })
    if (!(await isIntact(log, newest)))
      return wrong(`prune took checkpoint ${newest.slot}, the last valid one`)
    await log.close()
    log = await openLogUnderTest(order)
    return (await isIntact(log, newest))
      ? recovered
      : wrong(`checkpoint ${newest.slot}, the last valid one, was gone when the log was opened again`)
  } catch (error) {
    return wrong(reasonOf(error))
  } finally {
    await log.close().catch(() => undefined)
  }
}

/** False where its read is refused as damaged, or it is not there; throws where it is another one, or refused otherwise. */
async function isIntact(log: PersistentLog, { slot, hash }: State): Promise<boolean> {
  try {
    if (!(await log.checkpoints.list()).some((one) => one.slot === slot)) return false
    const found = sha256(await joined(log.checkpoints.read(slot)))
    if (found === hash) return true
  } catch (error) {
    if (isPersistentLogError(error, 'PLOG_CORRUPTED')) return false
    throw error
  }
  throw new Error(`checkpoint ${slot} is another one than was stored`)
}

async function recovery(
  log: PersistentLog,
  newest: State | undefined,
  { entries }: Observation,
): Promise<Classified> {
  const { compactedBefore } = log.bounds()
  const from = newest?.slot ?? log.firstSlot
  const handed: Handed = { restored: undefined, applied: [] }
  try {
    const { to, stoppedBy } = await recover(log, machineOf(handed))
    const { restored, applied } = handed
    if (from < compactedBefore) return wrong(`it recovered from below the point, ${compactedBefore}`)
    if (restored?.slot !== newest?.slot || restored?.hash !== newest?.hash)
      return wrong(`it restored ${JSON.stringify(restored)}, not ${JSON.stringify(newest)}`)
    const wanted = entries.filter((line) => isDecidedIn(line, from, to))
    return applied.join() === wanted.join()
      ? { consequence: 'located', evidence: `recovered from ${from} to ${to}, ${stoppedBy ?? 'the end'}` }
      : wrong(`it applied ${applied.join()}, not ${wanted.join()}`)
  } catch (error) {
    return from < compactedBefore && isPersistentLogError(error, 'PLOG_CHECKPOINT_REQUIRED')
      ? { consequence: 'located', evidence: reasonOf(error) }
      : wrong(`recovering from checkpoint ${newest?.slot ?? 'none'}: ${reasonOf(error)}`)
  }
}

function isDecidedIn(line: string, from: number, to: number): boolean {
  const slot = Number(line.split(' ')[0])
  return slot >= from && slot < to && line.includes(' decided ')
}

function machineOf(handed: Handed) {
  return {
    async restore({ slot }: { readonly slot: number }, content: AsyncIterable<Uint8Array>): Promise<void> {
      handed.restored = undefined
      handed.restored = { slot, hash: sha256(await joined(content)) }
    },
    apply(decisions: readonly Decision[]): void {
      for (const decision of decisions) handed.applied.push(shownEntry({ ...decision, status: 'decided' }))
    },
  }
}
