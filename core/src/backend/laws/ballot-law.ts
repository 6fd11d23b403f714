import { compareBallots, type Ballot } from '../../contract/ballot.js'
import type { Slot } from '../../contract/slot.js'
import { raise } from '../../errors/raise.js'
import type { PersistentLogError } from '../../errors/persistent-log-error.js'

/** What a slot holds at the moment a call is judged, effects that are not flushed yet included. */
export type SlotState =
  | { readonly status: 'empty' }
  | { readonly status: 'damaged' }
  | { readonly status: 'decided' }
  | { readonly status: 'accepted'; readonly ballot: Ballot }

/** A call on one slot. `sameValue` compares its value with the stored one; asked only where the law needs it. */
export interface BallotCall {
  readonly kind: 'accept' | 'commit' | 'learn'
  readonly slot: Slot
  readonly ballot: Ballot
  readonly sameValue: () => boolean
}

/** What all slots share when a call is judged. */
export interface LogWide {
  readonly point: Slot
  readonly promised: Ballot | undefined
}

/** `store` as accepted, `decide`, leave all as it is, or refuse. */
export type Verdict = 'store' | 'decide' | 'no-op' | PersistentLogError

/**
 * The ballot law: the table of the contract, row by row; the first that fits decides. Pure, and the only place where
 * ballots are judged.
 *
 * Sources: Lamport, "Paxos Made Simple" (2001), for promise and accept; the rule that a commit names its ballot keeps a
 * late commit from blessing a value that the quorum never chose.
 */
export function judge(call: BallotCall, state: SlotState, log: LogWide): Verdict {
  const { kind, slot, ballot } = call
  if (slot < log.point) return raise.compacted(slot, log.point)
  if (state.status === 'damaged') return kind === 'learn' ? 'decide' : raise.damagedSlot(slot)

  if (state.status === 'decided') {
    if (kind === 'commit' || call.sameValue()) return 'no-op'
    return raise.alreadyCommitted(slot, ballot)
  }
  if (kind === 'commit') {
    if (state.status === 'empty') return raise.notAccepted(slot, ballot)
    return compareBallots(state.ballot, ballot) === 0
      ? 'decide'
      : raise.ballotMismatch(slot, ballot, state.ballot)
  }
  const stored = state.status === 'accepted' ? state.ballot : undefined
  const againstStored = stored ? compareBallots(ballot, stored) : 1
  if (againstStored === 0) {
    if (!call.sameValue()) return raise.ballotReused(slot, ballot)
    return kind === 'learn' ? 'decide' : 'no-op'
  }
  if (kind === 'learn') return 'decide'

  if (log.promised && compareBallots(ballot, log.promised) < 0) {
    const higher =
      stored && compareBallots(stored, log.promised) > 0 ? { stored } : { promised: log.promised }
    return raise.staleBallot(slot, ballot, higher)
  }
  if (againstStored < 0) return raise.staleBallot(slot, ballot, { stored })
  return 'store'
}
