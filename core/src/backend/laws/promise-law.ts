import { compareBallots, type Ballot } from '../../contract/ballot.js'
import { raise } from '../../errors/raise.js'
import type { PersistentLogError } from '../../errors/persistent-log-error.js'

/** A promise covers the whole log, moves only up, and only here: an accept leaves it alone. */
export function judgePromise(
  ballot: Ballot,
  promised: Ballot | undefined,
): 'move' | 'no-op' | PersistentLogError {
  const order = promised ? compareBallots(ballot, promised) : 1
  if (order === 0) return 'no-op'
  return order > 0 ? 'move' : raise.staleBallot(undefined, ballot, { promised })
}
