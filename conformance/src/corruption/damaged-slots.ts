import { isPersistentLogError, type ErrorCode, type PersistentLog } from '@persistent-log/core'
import type { Classified } from './classify.js'
import { reasonOf } from '../running/reason.js'

/** Above every ballot that was used: what keeps the slot is its damage alone. */
const ANOTHER = { ballot: { round: 1_000_000_000, nodeId: 0 }, value: Buffer.from('another value') }

/**
 * Tries to have another value accepted in slots whose content is lost, and that content committed: either could decide a
 * slot for a second time, as if it had been empty. `lost`: their lines of an observation.
 */
export async function triesOver(
  log: PersistentLog,
  lost: ReadonlyMap<number, string>,
  damaged: ReadonlySet<number>,
): Promise<Classified[]> {
  const results: Classified[] = []
  const votes: readonly ErrorCode[] = log.recovery.votesLost ? ['PLOG_VOTES_LOST'] : []
  const refused = async (what: string, call: Promise<void>, codes: readonly ErrorCode[]): Promise<void> => {
    results.push(await refusedBy(what, call, codes))
  }
  for (const [slot, line] of lost) {
    const accepting = log.accept({ slot, ...ANOTHER })
    await refused(`an accept over what slot ${slot} had lost`, accepting, ['PLOG_CORRUPTED', ...votes])
    const ballot = ballotOf(line)
    if (!damaged.has(slot) || ballot === undefined) continue
    await refused(`a commit of damaged slot ${slot}`, log.commit({ slot, ballot }), ['PLOG_CORRUPTED'])
  }
  return results
}

async function refusedBy(
  what: string,
  call: Promise<void>,
  codes: readonly ErrorCode[],
): Promise<Classified> {
  try {
    await call
    return { consequence: 'wrong', evidence: `${what} was acknowledged` }
  } catch (error) {
    const isRight = codes.some((code) => isPersistentLogError(error, code))
    const message = reasonOf(error)
    return isRight
      ? { consequence: 'located', evidence: `${what}: ${message}` }
      : { consequence: 'wrong', evidence: `${what} was not refused by ${codes.join(' or ')}: ${message}` }
  }
}

/** The ballot in a line of an observation. */
function ballotOf(line: string): { readonly round: number; readonly nodeId: number } | undefined {
  const found = /^\d+ \w+ (\d+)\.(\d+) /.exec(line)
  return found === null ? undefined : { round: Number(found[1]), nodeId: Number(found[2]) }
}
