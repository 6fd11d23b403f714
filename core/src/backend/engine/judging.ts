import type { Ballot } from '../../contract/ballot.js'
import type { CommitId, Proposal } from '../../contract/proposal.js'
import type { Slot } from '../../contract/slot.js'
import { raise, type PersistentLogError } from '../../errors/index.js'
import { equalBytes } from '../bytes.js'
import { judge, type BallotCall, type SlotState, type Verdict } from '../laws/ballot-law.js'
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
 * `assumeEmpty`: undecided slots count as empty, because the same write drops them.
 */
export function judgeItem(
  kind: BallotCall['kind'],
  item: Item,
  writes: WritePath,
  assumeEmpty = false,
): Effect | undefined {
  const { slot, ballot } = item
  const verdict = verdictOn(kind, item, writes, assumeEmpty)
  if (verdict === 'no-op') return undefined
  if (verdict === 'store') return { kind: 'accept', slot, ballot, value: item.value!, proof: item.proof }
  if (kind === 'commit') return commitEffect(item, writes)
  return learnEffect(item as Proposal, stateOf(slot, writes, assumeEmpty), writes)
}

/** Judges one item on the state before, and changes nothing. Refusals are thrown. */
export function verdictOn(
  kind: BallotCall['kind'],
  item: Item,
  writes: WritePath,
  assumeEmpty: boolean,
): Exclude<Verdict, PersistentLogError> {
  const { slot, ballot } = item
  const { judged } = writes
  let unreadable = false
  const sameValue = (): boolean => {
    const stored = writes.borrowNewest(slot)
    if (stored !== 'damaged') return equalBytes(stored.value, item.value!)
    unreadable = true
    return false
  }
  const call = { kind, slot, ballot, sameValue }
  let verdict = judge(call, stateOf(slot, writes, assumeEmpty), judged)
  if (unreadable) verdict = judge(call, { status: 'damaged' }, judged)
  if (typeof verdict !== 'string') throw verdict
  return verdict
}

function stateOf(slot: Slot, { judged }: WritePath, assumeEmpty: boolean): SlotState {
  const stored = judged.state(slot)
  return assumeEmpty && stored.status === 'accepted' ? { status: 'empty' } : stored
}

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

function learnEffect({ slot, ballot, value, proof }: Proposal, state: SlotState, writes: WritePath): Effect {
  const sameBallot =
    state.status === 'accepted' &&
    state.ballot.round === ballot.round &&
    state.ballot.nodeId === ballot.nodeId
  if (!sameBallot || proof !== undefined)
    return { kind: 'decide', slot, ballot, value, proof, matchesAccepted: false }
  const accepted = writes.newest(slot)
  if (accepted === 'damaged') return { kind: 'decide', slot, ballot, value, proof, matchesAccepted: false }
  return { kind: 'decide', slot, ballot, value, proof: accepted.proof, matchesAccepted: true }
}
