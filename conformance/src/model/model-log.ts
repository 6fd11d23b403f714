import type { Ballot, CommitId, Decision, DiscardResult, Proposal } from '@persistent-log/core'
import { ballotOrder, newState, sameBytes, type ModelSlot, type ModelState } from './model-state.js'
import { Refusal } from './refusal.js'

/** What a judged item does to its slot: the new content, or nothing. */
export type Verdict = ModelSlot | 'no-op'

/**
 * The oracle: the laws of the contract on plain maps, without time, disk or concurrency. An independent second
 * implementation: it imports nothing but types.
 *
 * Its small methods are what the mutants of the self-test override, one defect each.
 */
export class ModelLog {
  readonly state: ModelState

  constructor(state: ModelState = newState(0)) {
    this.state = state
  }

  promise(ballot: Ballot): void {
    const { promised } = this.state
    if (promised && this.order(ballot, promised) < 0) throw new Refusal(['PLOG_STALE_BALLOT'])
    this.state.promised = { ...ballot }
  }

  accept(proposal: Proposal): void {
    this.apply([proposal], [this.judgeAccept(proposal, this.held(proposal.slot))])
  }

  acceptAll(proposals: readonly Proposal[], discardFrom?: number): void {
    if (discardFrom !== undefined) this.checkSlot(discardFrom)
    const goes = (slot: number): boolean => discardFrom !== undefined && slot >= discardFrom
    const inBatch = new Set(proposals.map(({ slot }) => slot))
    const conflict = [...this.state.slots].some(
      ([slot, { decided }]) => decided && goes(slot) && !inBatch.has(slot),
    )
    const verdicts = this.judgeAll(
      proposals,
      (proposal) => {
        const held = this.held(proposal.slot)
        return this.judgeAccept(proposal, goes(proposal.slot) && !held?.decided ? undefined : held)
      },
      conflict,
    )
    if (conflict) throw new Refusal(['PLOG_ALREADY_COMMITTED'])
    if (discardFrom !== undefined) this.drop(discardFrom, Infinity)
    this.apply(proposals, verdicts)
  }

  commit(id: CommitId): void {
    this.apply([id], [this.judgeCommit(id, this.held(id.slot))])
  }

  commitAll(ids: readonly CommitId[]): void {
    this.apply(
      ids,
      this.judgeAll(ids, (id) => this.judgeCommit(id, this.held(id.slot))),
    )
  }

  learn(decision: Decision): void {
    this.apply([decision], [this.judgeLearn(decision, this.held(decision.slot))])
  }

  learnAll(decisions: readonly Decision[]): void {
    this.apply(
      decisions,
      this.judgeAll(decisions, (decision) => this.judgeLearn(decision, this.held(decision.slot))),
    )
  }

  discard(from: number, to = Infinity): DiscardResult {
    this.checkSlot(from)
    return this.drop(from, to)
  }

  read(slot: number): ModelSlot | undefined {
    const held = this.held(slot)
    return held?.decided ? held : undefined
  }

  readAccepted(slot: number): ModelSlot | undefined {
    const held = this.held(slot)
    return held?.decided === false ? held : undefined
  }

  /** The slots of a range that hold something, ascending. */
  slots(from = this.state.point, to = Infinity): number[] {
    return [...this.state.slots.keys()].filter((slot) => slot >= from && slot < to).sort((a, b) => a - b)
  }

  contiguousTo(): number {
    let slot = this.state.point
    while (this.state.slots.get(slot)?.decided) slot++
    return slot
  }

  nextSlot(): number {
    let next = this.state.point
    for (const slot of this.state.slots.keys()) next = Math.max(next, slot + 1)
    return next
  }

  order(a: Ballot, b: Ballot): number {
    return ballotOrder(a, b)
  }

  /** What the slot holds; every call that names a slot below the point is refused. */
  held(slot: number): ModelSlot | undefined {
    this.checkSlot(slot)
    return this.state.slots.get(slot)
  }

  checkSlot(slot: number): void {
    if (slot < this.state.point) throw new Refusal(['PLOG_COMPACTED'], { slot })
  }

  judgeAccept(proposal: Proposal, held: ModelSlot | undefined): Verdict {
    if (held?.decided) return this.judgeDecided(proposal.value, held)
    const againstHeld = held ? this.order(proposal.ballot, held.ballot) : 1
    if (held && againstHeld === 0) return this.judgeSameBallot(proposal.value, held, 'no-op')
    const { promised } = this.state
    const stale = againstHeld < 0 || (promised !== undefined && this.order(proposal.ballot, promised) < 0)
    if (stale) throw new Refusal(['PLOG_STALE_BALLOT'])
    const { ballot, value, proof } = proposal
    return { ballot, value, proof, decided: false }
  }

  judgeCommit(id: CommitId, held: ModelSlot | undefined): Verdict {
    if (held?.decided) return 'no-op'
    if (!held) throw new Refusal(['PLOG_NOT_ACCEPTED'])
    if (this.order(held.ballot, id.ballot) !== 0) throw new Refusal(['PLOG_BALLOT_MISMATCH'])
    return { ...held, proof: id.proof ?? held.proof, decided: true }
  }

  judgeLearn(decision: Decision, held: ModelSlot | undefined): Verdict {
    if (held?.decided) return this.judgeDecided(decision.value, held)
    const { ballot, value } = decision
    const sameBallot = held !== undefined && this.order(ballot, held.ballot) === 0
    if (!sameBallot) return { ballot, value, proof: decision.proof, decided: true }
    return this.judgeSameBallot(value, held, { ...held, proof: decision.proof ?? held.proof, decided: true })
  }

  judgeDecided(value: Uint8Array, held: ModelSlot): Verdict {
    if (!sameBytes(value, held.value)) throw new Refusal(['PLOG_ALREADY_COMMITTED'])
    return 'no-op'
  }

  judgeSameBallot(value: Uint8Array, held: ModelSlot, verdict: Verdict): Verdict {
    if (!sameBytes(value, held.value)) throw new Refusal(['PLOG_BALLOT_REUSED'])
    return verdict
  }

  /** Judges all on the state before. `conflict`: a decided slot outside the batch refuses the call as well. */
  judgeAll<T extends { readonly slot: number }>(
    items: readonly T[],
    judge: (item: T) => Verdict,
    conflict = false,
  ): Verdict[] {
    return items.map((item, index) => {
      try {
        return judge(item)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        throw conflict
          ? new Refusal([...error.codes, 'PLOG_ALREADY_COMMITTED'])
          : new Refusal(error.codes, { slot: item.slot, index })
      }
    })
  }

  apply(items: readonly { readonly slot: number }[], verdicts: readonly Verdict[]): void {
    items.forEach(({ slot }, index) => {
      const verdict = verdicts[index]
      if (verdict !== undefined && verdict !== 'no-op') this.put(slot, verdict)
    })
  }

  put(slot: number, content: ModelSlot): void {
    this.state.slots.set(slot, {
      ...content,
      ballot: { round: content.ballot.round, nodeId: content.ballot.nodeId },
      value: this.copy(content.value),
      proof: content.proof && this.copy(content.proof),
    })
  }

  copy(bytes: Uint8Array): Uint8Array {
    return Uint8Array.from(bytes)
  }

  /** Undecided slots of the range go. */
  drop(from: number, to: number): DiscardResult {
    let discarded = 0
    let keptCommitted = 0
    for (const slot of this.slots(from, to)) {
      if (this.state.slots.get(slot)?.decided) keptCommitted++
      else if (this.state.slots.delete(slot)) discarded++
    }
    return { discarded, keptCommitted }
  }
}
