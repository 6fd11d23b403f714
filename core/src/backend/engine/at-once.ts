import type { Ballot } from '../../contract/ballot.js'
import type { SyncWrites } from '../../contract/facets.js'
import type { CommitId, Decision, Proposal } from '../../contract/proposal.js'
import type { Slot } from '../../contract/slot.js'
import { survivesAtLeast, type Survival } from '../../contract/survival.js'
import { raise } from '../../errors/raise.js'
import * as check from '../arguments.js'
import { keepsPromise, type BallotCall, type Grant } from '../laws/ballot-law.js'
import type { Effect } from './effect.js'
import { judgeItem, verdictOn } from './judging.js'
import { entryBytes } from './entry-bytes.js'
import type { Ledger } from './ledger.js'
import type { AtOnceWrites } from './log-engine.js'
import { checkEntry, type LogParts } from './log-parts.js'
import { readFailure } from './read-failure.js'

/** Why a call would have to wait, in words that follow "would have to wait:". */
type Wait = string

const UNDER_WAY = 'a write of this slot or of the whole log is under way'
const IN_LINE = 'accepts wait for space'
const NO_SPACE = 'undecided entries take all the space'
const ENGINE_WAITS = 'the backend is making room, or something durable first'

/**
 * Single writes without a Promise: judged, stored and shown before the call returns. Nothing that is under way may be
 * overtaken, so that where a write of the same slot or of the whole log is not shown yet, each of these does nothing and
 * says what it would have to wait for; the way through `WritePath` is open then. Refusals are thrown.
 */
export class AtOnce {
  readonly #parts: LogParts
  readonly #engine: AtOnceWrites

  constructor(parts: LogParts, engine: AtOnceWrites) {
    this.#parts = parts
    this.#engine = engine
  }

  /** What every write here has outlived when it returns. */
  get survives(): Survival {
    return this.#engine.survives
  }

  /** True when what is asked needs no more than these writes give. */
  gives(survives: Survival): boolean {
    return survives === this.#engine.survives || survivesAtLeast(this.#engine.survives, survives)
  }

  /** `undefined`: it is done. */
  accept(proposal: Proposal): Wait | undefined {
    const { writes, space, counts } = this.#parts
    const { slot, ballot, value, proof } = proposal
    if (!writes.isSettled(slot)) return UNDER_WAY
    if (space.waiting > 0) return IN_LINE
    const { judged } = writes
    if (judged.votesLost) throw this.#refused(raise.votesLost('accept'))
    const bytes = entryBytes(proposal)
    let added = bytes
    if (!isFirst(slot, ballot, judged)) {
      if (this.#verdict({ kind: 'accept', slot, ballot, value }) === 'no-op') return undefined
      added -= judged.acceptedBytes(slot)
    }
    if (!space.has(bytes, added)) return NO_SPACE
    if (!this.#engine.accept(slot, ballot, value, proof)) return ENGINE_WAITS
    writes.acceptedAtOnce(slot, ballot, bytes, this.survives)
    counts.accepts++
    return undefined
  }

  /** `undefined`: it is done. */
  commit(id: CommitId): Wait | undefined {
    const { writes, counts } = this.#parts
    const { slot, ballot, proof } = id
    if (!writes.isSettled(slot)) return UNDER_WAY
    if (!this.#isToDecide(slot, ballot)) return undefined
    if (proof === undefined) {
      if (!this.#commitStored(slot, ballot)) {
        if (writes.borrowNewest(slot) === 'damaged') throw this.#refused(raise.damagedSlot(slot))
        return ENGINE_WAITS
      }
    } else {
      const accepted = writes.newest(slot)
      if (accepted === 'damaged') throw this.#refused(raise.damagedSlot(slot))
      if (!this.#engine.decide(slot, accepted.ballot, accepted.value, proof)) return ENGINE_WAITS
    }
    this.#decided(slot, proof?.length ?? 0)
    counts.commits++
    return undefined
  }

  /**
   * At the strongest survival, without an effect of its own: resolves when it survives that and is shown. `undefined`:
   * nothing has happened, the way through `WritePath` is open.
   */
  commitWithFlush(id: CommitId): Promise<void> | undefined {
    const { writes, counts, space, strongest } = this.#parts
    const { slot, ballot, proof } = id
    if (proof !== undefined || !this.#engine.commitWithFlush || !writes.isSettled(slot)) return undefined
    if (!this.#isToDecide(slot, ballot)) return undefined
    const flushed = this.#engine.commitWithFlush(slot)
    if (!flushed) return undefined
    const shown = writes.decidedWithFlush(slot, flushed, strongest)
    counts.commits++
    space.wake()
    return shown
  }

  /**
   * Of one call, in empty slots and under no higher promise, as nearly every batch is; false: nothing has happened, the way
   * through `WritePath` is open.
   */
  acceptAll(proposals: readonly Proposal[]): boolean {
    const { writes, space, counts } = this.#parts
    const { judged } = writes
    const engine = this.#engine
    if (!engine.acceptAll || !writes.isIdle || judged.votesLost || space.waiting > 0) return false
    let bytes = 0
    for (const proposal of proposals) {
      if (!isFirst(proposal.slot, proposal.ballot, judged)) return false
      bytes += entryBytes(proposal)
    }
    if (!space.fits(bytes) || !engine.acceptAll(proposals)) return false
    for (const proposal of proposals) {
      writes.acceptedAtOnce(proposal.slot, proposal.ballot, entryBytes(proposal), this.survives)
    }
    counts.accepts += proposals.length
    return true
  }

  /** Like `commitWithFlush`, of one call, where each commit changes something. */
  commitAllWithFlush(ids: readonly CommitId[]): Promise<void> | undefined {
    const { writes, counts, space, strongest } = this.#parts
    const engine = this.#engine
    if (!engine.commitAllWithFlush || !writes.isInTurn(strongest)) return undefined
    const slots: Slot[] = []
    for (const { slot, ballot, proof } of ids) {
      if (proof !== undefined || !writes.isSettled(slot)) return undefined
      if (!writes.judged.isAcceptedAs(slot, ballot)) return undefined
      slots.push(slot)
    }
    const flushed = engine.commitAllWithFlush(slots)
    if (!flushed) return undefined
    const shown = writes.decidedAllWithFlush(slots, flushed, strongest)
    counts.commits += slots.length
    space.wake()
    return shown
  }

  /** `undefined`: it is done. */
  learn(decision: Decision): Wait | undefined {
    const { writes, counts } = this.#parts
    const { slot } = decision
    if (!writes.isSettled(slot)) return UNDER_WAY
    const effect = this.#learned(decision)
    if (effect?.kind !== 'decide') return undefined
    const { ballot, value, proof, matchesAccepted } = effect
    const isStored = matchesAccepted
      ? this.#commitStored(slot, ballot)
      : this.#engine.decide(slot, ballot, value, proof)
    if (!isStored) return ENGINE_WAITS
    this.#decided(slot, entryBytes(effect))
    counts.learns++
    return undefined
  }

  /** An engine may have to read what it is going to decide. */
  #commitStored(slot: Slot, ballot: Ballot): boolean {
    try {
      return this.#engine.commit(slot, ballot)
    } catch (cause) {
      throw readFailure(slot, cause)
    }
  }

  #decided(slot: number, bytes: number): void {
    const { writes, space } = this.#parts
    writes.decidedAtOnce(slot, bytes, this.survives)
    space.wake()
  }

  /** A commit of this ballot changes something; a refusal is thrown. */
  #isToDecide(slot: Slot, ballot: Ballot): boolean {
    return (
      this.#parts.writes.judged.isAcceptedAs(slot, ballot) ||
      this.#verdict({ kind: 'commit', slot, ballot }) !== 'no-op'
    )
  }

  #verdict(call: BallotCall): Grant {
    try {
      return verdictOn(call, this.#parts.writes)
    } catch (error) {
      throw this.#refused(error)
    }
  }

  #learned(decision: Decision): Effect | undefined {
    try {
      return judgeItem('learn', decision, this.#parts.writes)
    } catch (error) {
      throw this.#refused(error)
    }
  }

  #refused<E>(error: E): E {
    this.#parts.counts.refusals++
    return error
  }
}

/** What nearly every accept of a running log is: the first of its slot, and no promise forbids it. */
function isFirst(slot: Slot, ballot: Ballot, judged: Ledger): boolean {
  return slot >= judged.point && judged.status(slot) === 'empty' && keepsPromise(ballot, judged.promised)
}

/** The facet over these writes. */
export function syncWritesOf(atOnce: AtOnce, parts: LogParts): SyncWrites {
  const { life, limits } = parts
  return {
    survives: atOnce.survives,
    accept(proposal) {
      check.checkProposal(proposal, 'proposal')
      checkEntry(proposal, limits)
      life.check('syncWrites.accept', 'write')
      const wait = atOnce.accept(proposal)
      if (wait !== undefined) throw raise.busy('syncWrites.accept', wait)
    },
    commit(id) {
      check.checkCommitId(id, 'id')
      checkEntry(id, limits)
      life.check('syncWrites.commit', 'write')
      const wait = atOnce.commit(id)
      if (wait !== undefined) throw raise.busy('syncWrites.commit', wait)
    },
  }
}
