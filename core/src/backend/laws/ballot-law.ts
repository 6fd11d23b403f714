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

/** A call on one slot; a commit brings no value. */
export interface BallotCall {
  readonly kind: 'accept' | 'commit' | 'learn'
  readonly slot: Slot
  readonly ballot: Ballot
  readonly value?: Uint8Array | undefined
}

/** What all slots share when a call is judged. */
export interface LogWide {
  readonly point: Slot
  readonly promised: Ballot | undefined
}

/** Compares a value with the stored one; asked only where the law needs it. */
export interface StoredValues {
  holdsValue(slot: Slot, value: Uint8Array | undefined): boolean
}

/** `store` as accepted, `decide`, or leave all as it is. */
export type Grant = 'store' | 'decide' | 'no-op'

/** Why a call is refused. */
export type RefusalCode =
  | 'PLOG_COMPACTED'
  | 'PLOG_CORRUPTED'
  | 'PLOG_ALREADY_COMMITTED'
  | 'PLOG_NOT_ACCEPTED'
  | 'PLOG_BALLOT_MISMATCH'
  | 'PLOG_BALLOT_REUSED'
  | 'PLOG_STALE_BALLOT'

/**
 * The ballot law: the table of the contract, row by row; the first that fits decides. Pure, allocates nothing, and is the
 * only place where ballots are judged.
 *
 * Sources: Lamport, "Paxos Made Simple" (2001), for promise and accept; the rule that a commit names its ballot keeps a
 * late commit from blessing a value that the quorum never chose.
 */
export function judge(
  call: BallotCall,
  state: SlotState,
  { point, promised }: LogWide,
  stored: StoredValues,
): Grant | RefusalCode {
  const { kind, slot, ballot } = call
  if (slot < point) return 'PLOG_COMPACTED'
  if (state.status === 'damaged') return kind === 'learn' ? 'decide' : 'PLOG_CORRUPTED'

  if (state.status === 'decided') {
    const isSame = kind === 'commit' || stored.holdsValue(slot, call.value)
    return isSame ? 'no-op' : 'PLOG_ALREADY_COMMITTED'
  }
  const against = state.status === 'accepted' ? compareBallots(ballot, state.ballot) : undefined
  if (kind === 'commit') {
    if (against === undefined) return 'PLOG_NOT_ACCEPTED'
    return against === 0 ? 'decide' : 'PLOG_BALLOT_MISMATCH'
  }
  if (against === 0) {
    if (!stored.holdsValue(slot, call.value)) return 'PLOG_BALLOT_REUSED'
    return kind === 'learn' ? 'decide' : 'no-op'
  }
  if (kind === 'learn') return 'decide'

  if (!keepsPromise(ballot, promised)) return 'PLOG_STALE_BALLOT'
  return against !== undefined && against < 0 ? 'PLOG_STALE_BALLOT' : 'store'
}

/** True when no promise forbids an accept of this ballot: in an empty slot nothing else could. */
export function keepsPromise(ballot: Ballot, promised: Ballot | undefined): boolean {
  return promised === undefined || compareBallots(ballot, promised) >= 0
}

/** The error of a refused call, with what its caller has to know. */
export function refusalOf(
  code: RefusalCode,
  { slot, ballot: { round, nodeId } }: BallotCall,
  state: SlotState,
  { point, promised }: LogWide,
): PersistentLogError {
  const ballot = { round, nodeId }
  const stored = state.status === 'accepted' ? state.ballot : undefined
  switch (code) {
    case 'PLOG_COMPACTED':
      return raise.compacted(slot, point)
    case 'PLOG_CORRUPTED':
      return raise.damagedSlot(slot)
    case 'PLOG_ALREADY_COMMITTED':
      return raise.alreadyCommitted(slot, ballot)
    case 'PLOG_NOT_ACCEPTED':
      return raise.notAccepted(slot, ballot)
    case 'PLOG_BALLOT_MISMATCH':
      return raise.ballotMismatch(slot, ballot, stored!)
    case 'PLOG_BALLOT_REUSED':
      return raise.ballotReused(slot, ballot)
    case 'PLOG_STALE_BALLOT': {
      // The higher of the two refuses, if both do.
      const byPromise = promised && compareBallots(ballot, promised) < 0
      const isStoredHigher = stored && promised && compareBallots(stored, promised) > 0
      return raise.staleBallot(slot, ballot, byPromise && !isStoredHigher ? { promised } : { stored })
    }
  }
}
