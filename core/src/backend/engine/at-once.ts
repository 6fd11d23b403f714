import type { SyncWrites } from '../../contract/facets.js'
import type { CommitId, Decision, Proposal } from '../../contract/proposal.js'
import { survivesAtLeast, type Survival } from '../../contract/survival.js'
import { raise } from '../../errors/raise.js'
import * as check from '../arguments.js'
import type { BallotCall, Grant } from '../laws/ballot-law.js'
import type { Effect } from './effect.js'
import { judgeItem, verdictOn } from './judging.js'
import { entryBytes } from './ledger.js'
import type { AtOnceWrites } from './log-engine.js'
import { checkEntry, type LogParts } from './log-parts.js'

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
    const { slot, value, proof } = proposal
    if (!writes.isSettled(slot)) return UNDER_WAY
    if (space.waiting > 0) return IN_LINE
    if (writes.judged.votesLost) throw this.#refused(raise.votesLost('accept'))
    const { round, nodeId } = proposal.ballot
    const ballot = { round, nodeId }
    if (this.#verdict({ kind: 'accept', slot, ballot, value }) === 'no-op') return undefined
    const bytes = entryBytes(proposal)
    if (!space.has(bytes, bytes - writes.judged.acceptedBytes(slot))) return NO_SPACE
    if (!this.#engine.accept(slot, ballot, value, proof)) return ENGINE_WAITS
    writes.acceptedAtOnce(slot, ballot, bytes, this.survives)
    counts.accepts++
    return undefined
  }

  /** `undefined`: it is done. */
  commit(id: CommitId): Wait | undefined {
    const { writes, counts } = this.#parts
    const { slot, proof } = id
    if (!writes.isSettled(slot)) return UNDER_WAY
    const { round, nodeId } = id.ballot
    const ballot = { round, nodeId }
    if (this.#verdict({ kind: 'commit', slot, ballot }) === 'no-op') return undefined
    if (proof === undefined) {
      if (!this.#engine.commit(slot, ballot)) {
        if (writes.borrowNewest(slot) === 'damaged') throw this.#refused(raise.damagedSlot(slot))
        return ENGINE_WAITS
      }
    } else {
      const accepted = writes.newest(slot)
      if (accepted === 'damaged') throw this.#refused(raise.damagedSlot(slot))
      if (!this.#engine.decide(slot, accepted.ballot, accepted.value, proof)) return ENGINE_WAITS
    }
    this.#decided(slot, proof?.byteLength ?? 0)
    counts.commits++
    return undefined
  }

  /**
   * At the strongest survival, without an effect of its own: resolves when it survives that and is shown. `undefined`:
   * nothing has happened, the way through `WritePath` is open.
   */
  commitWithFlush(id: CommitId): Promise<void> | undefined {
    const { writes, counts, space, strongest } = this.#parts
    const { slot, proof } = id
    if (proof !== undefined || !this.#engine.commitWithFlush || !writes.isSettled(slot)) return undefined
    const { round, nodeId } = id.ballot
    if (this.#verdict({ kind: 'commit', slot, ballot: { round, nodeId } }) === 'no-op') return undefined
    const flushed = this.#engine.commitWithFlush(slot)
    if (!flushed) return undefined
    const shown = writes.decidedWithFlush(slot, flushed, strongest)
    counts.commits++
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
      ? this.#engine.commit(slot, ballot)
      : this.#engine.decide(slot, ballot, value, proof)
    if (!isStored) return ENGINE_WAITS
    this.#decided(slot, entryBytes(effect))
    counts.learns++
    return undefined
  }

  #decided(slot: number, bytes: number): void {
    const { writes, space } = this.#parts
    writes.decidedAtOnce(slot, bytes, this.survives)
    space.wake()
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
