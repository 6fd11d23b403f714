import { compareBallots, type Ballot } from '../../contract/ballot.js'
import type { CommitId, Proposal } from '../../contract/proposal.js'
import type { Slot } from '../../contract/slot.js'
import { raise } from '../../errors/index.js'
import { judge, refusalOf, type BallotCall, type Grant, type SlotState } from '../laws/ballot-law.js'
import type { Effect } from './effect.js'
import type { WritePath } from './write-path.js'

/** What a call brings, its bytes copied already. */
export interface Item {
  readonly slot: Slot
  readonly ballot: Ballot
  readonly value?: Uint8Array | undefined
  readonly proof?: Uint8Array | undefined
}

/**
 * Judges one item on the state before and returns what it changes: `undefined` for a no-op. Refusals are thrown.
 *
 * `emptyFrom`: undecided slots from there on count as empty: nothing is stored there, or the same write drops it.
 */
export function judgeItem(
  kind: BallotCall['kind'],
  item: Item,
  writes: WritePath,
  emptyFrom = Infinity,
): Effect | undefined {
  const { slot, ballot, value, proof } = item
  const verdict = verdictOn({ kind, slot, ballot, value }, writes, emptyFrom)
  if (verdict === 'no-op') return undefined
  if (verdict === 'store') return { kind: 'accept', slot, ballot, value: value!, proof }
  if (kind === 'commit') return commitEffect(item, writes)
  return learnEffect(item as Proposal, writes, emptyFrom)
}

/** Judges one call on the state before, and changes nothing. Refusals are thrown. */
export function verdictOn(call: BallotCall, writes: WritePath, emptyFrom = Infinity): Grant {
  const { judged } = writes
  let state = stateOf(call.slot, writes, emptyFrom)
  let verdict = judge(call, state, judged, writes)
  if (verdict === 'store' || verdict === 'decide' || verdict === 'no-op') return verdict
  // Comparing values may have found damage: then it is a damaged slot that is judged.
  if (state.status !== 'damaged' && judged.damaged.has(call.slot)) {
    state = judged.state(call.slot)
    verdict = judge(call, state, judged, writes)
    if (verdict === 'store' || verdict === 'decide' || verdict === 'no-op') return verdict
  }
  throw refusalOf(verdict, call, state, judged)
}

function stateOf(slot: Slot, { judged }: WritePath, emptyFrom: Slot): SlotState {
  const stored = judged.state(slot)
  return slot >= emptyFrom && stored.status === 'accepted' ? EMPTY : stored
}

const EMPTY: SlotState = { status: 'empty' }

/** The accepted proposal becomes the decision; a proof given with the commit replaces its own. */
function commitEffect({ slot, ballot, proof }: CommitId, writes: WritePath): Effect {
  const accepted = writes.newest(slot)
  if (accepted === 'damaged') throw raise.damagedSlot(slot)
  return {
    kind: 'decide',
    slot,
    ballot,
    value: accepted.value,
    proof: proof ?? accepted.proof,
    matchesAccepted: proof === undefined,
  }
}

function learnEffect({ slot, ballot, value, proof }: Proposal, writes: WritePath, emptyFrom: Slot): Effect {
  const stored = slot >= emptyFrom ? undefined : writes.judged.acceptedBallot(slot)
  const sameBallot = stored !== undefined && compareBallots(stored, ballot) === 0
  if (!sameBallot || proof !== undefined)
    return { kind: 'decide', slot, ballot, value, proof, matchesAccepted: false }
  const accepted = writes.newest(slot)
  if (accepted === 'damaged') return { kind: 'decide', slot, ballot, value, proof, matchesAccepted: false }
  return { kind: 'decide', slot, ballot, value, proof: accepted.proof, matchesAccepted: true }
}
