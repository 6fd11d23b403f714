import type { Ballot } from '../../contract/ballot.js'
import type {
  AcceptAllOptions,
  CallOptions,
  DiscardResult,
  WriteOptions,
} from '../../contract/decision-log.js'
import type { CommitId, Decision, Proposal } from '../../contract/proposal.js'
import type { Slot } from '../../contract/slot.js'
import type { Survival } from '../../contract/survival.js'
import { PersistentLogError, raise, withIndex } from '../../errors/index.js'
import * as check from '../arguments.js'
import { copyBallot, copyPooled } from '../bytes.js'
import { judgePromise } from '../laws/promise-law.js'
import type { Effect } from './effect.js'
import { judgeItem, type Item } from './judging.js'
import { entryBytes } from './ledger.js'
import type { AtOnce } from './at-once.js'
import { checkEntry, checkSizes, survivalOf, type LogParts } from './log-parts.js'
import type { SlotRanges } from './slot-ranges.js'
import type { Scope } from './write-path.js'

type Kind = 'accept' | 'commit' | 'learn'

const PLURALS = { accept: 'acceptAll', commit: 'commitAll', learn: 'learnAll' } as const

type CheckItem = (item: unknown, field: string) => void

/** What a call that was done at once returns. */
const DONE = Promise.resolve()

/** The writing half of the decision log: checks, judges, and hands the effects over. */
export class Decisions {
  readonly #parts: LogParts
  readonly #atOnce: AtOnce | undefined

  constructor(parts: LogParts, atOnce: AtOnce | undefined) {
    this.#parts = parts
    this.#atOnce = atOnce
  }

  async promise(ballot: Ballot, options?: CallOptions): Promise<void> {
    check.checkBallot(ballot)
    check.checkOptions(options)
    const { life, writes, strongest } = this.#parts
    await life.run('promise', 'write', options?.signal, () => {
      if (writes.judged.votesLost) throw this.#refused(raise.votesLost('promise'))
      const verdict = this.#refusing(judgePromise(ballot, writes.judged.promised))
      const effects: Effect[] = verdict === 'move' ? [{ kind: 'promise', ballot: copyBallot(ballot) }] : []
      return writes.write('promise', effects, strongest, 'log')
    })
  }

  accept(proposal: Proposal, options?: WriteOptions): Promise<void> {
    return this.#one('accept', proposal, check.checkProposal, 'proposal', options)
  }

  commit(id: CommitId, options?: WriteOptions): Promise<void> {
    return this.#one('commit', id, check.checkCommitId, 'id', options)
  }

  learn(decision: Decision, options?: WriteOptions): Promise<void> {
    return this.#one('learn', decision, check.checkProposal, 'decision', options)
  }

  async acceptAll(proposals: readonly Proposal[], options?: AcceptAllOptions): Promise<void> {
    check.checkArray(proposals, 'proposals', check.checkProposal)
    check.checkOptions(options)
    if (options?.discardFrom !== undefined) check.checkBound(options.discardFrom, 'options.discardFrom')
    await this.#all('accept', proposals, options, options?.discardFrom)
  }

  async commitAll(ids: readonly CommitId[], options?: WriteOptions): Promise<void> {
    check.checkArray(ids, 'ids', check.checkCommitId)
    await this.#all('commit', ids, options)
  }

  async learnAll(decisions: readonly Decision[], options?: WriteOptions): Promise<void> {
    check.checkArray(decisions, 'decisions', check.checkProposal)
    await this.#all('learn', decisions, options)
  }

  async discard(
    range: { from: Slot; to?: Slot | undefined },
    options?: WriteOptions,
  ): Promise<DiscardResult> {
    check.checkObject(range, 'range')
    const { from } = range
    check.checkSlot(from, 'range.from')
    const to = range.to ?? Number.MAX_SAFE_INTEGER
    check.checkBound(to, 'range.to')
    const { life, writes, space, durability, engine } = this.#parts
    check.checkOptions(options)
    const survives = survivalOf(
      'discard',
      options?.survives,
      durability.accept,
      engine.capabilities.survives.accept,
    )
    return life.run('discard', 'write', options?.signal, async () => {
      const { judged } = writes
      if (from < judged.point) throw this.#refused(raise.compacted(from, judged.point))
      const damaged = judged.damaged.firstFrom(from)
      if (damaged !== undefined && damaged < to) throw this.#refused(raise.damagedSlot(damaged))
      const result = {
        discarded: judged.accepted.countIn(from, to),
        keptCommitted: judged.decided.countIn(from, to),
      }
      const effects: Effect[] = result.discarded > 0 ? [{ kind: 'discard', from, to }] : []
      const shown = writes.write('discard', effects, survives, 'log')
      space.wake()
      await shown
      return result
    })
  }

  /** No async function: each promise on the way of a single write would cost as much as judging it. */
  #one(
    kind: Kind,
    given: Item,
    checkGiven: CheckItem,
    field: string,
    options: WriteOptions | undefined,
  ): Promise<void> {
    try {
      checkGiven(given, field)
      check.checkOptions(options)
      const { life, limits } = this.#parts
      const survives = this.#survival(kind, kind, options?.survives)
      checkEntry(given, limits)
      life.check(kind, 'write', options?.signal)
      if (this.#atOnce?.gives(survives) && this.#isDoneAtOnce(kind, given)) return DONE
      const item = owned(given)
      if (kind !== 'accept' || this.#fits(item)) return this.#writeOne(kind, item, survives)
      return this.#place([item], options?.signal, undefined, () => this.#writeOne(kind, item, survives))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #isDoneAtOnce(kind: Kind, given: Item): boolean {
    const atOnce = this.#atOnce!
    switch (kind) {
      case 'accept':
        return atOnce.accept(given as Proposal) === undefined
      case 'commit':
        return atOnce.commit(given) === undefined
      case 'learn':
        return atOnce.learn(given as Decision) === undefined
    }
  }

  async #all(
    kind: Kind,
    given: readonly Item[],
    options: WriteOptions | undefined,
    discardFrom?: Slot,
  ): Promise<void> {
    check.checkOptions(options)
    check.checkDistinctSlots(given, kind === 'accept' ? 'proposals' : kind === 'commit' ? 'ids' : 'decisions')
    const { life, limits } = this.#parts
    const operation = PLURALS[kind]
    const survives = this.#survival(kind, operation, options?.survives)
    checkSizes(given, limits, true)
    await life.run(operation, 'write', options?.signal, () => {
      const items = given.map(owned)
      if (items.length === 0 && discardFrom === undefined) return Promise.resolve()
      const body = () => this.#write(kind, () => this.#judgeAll(kind, items, discardFrom), survives, 'log')
      return kind === 'accept' ? this.#place(items, options?.signal, discardFrom, body) : body()
    })
  }

  #survival(kind: Kind, operation: string, asked: unknown) {
    const which = kind === 'accept' ? 'accept' : 'commit'
    const { durability, engine } = this.#parts
    return survivalOf(operation, asked, durability[which], engine.capabilities.survives[which])
  }

  /** Nobody waits for space, and there is room for this one. */
  #fits(item: Item): boolean {
    const { space, writes } = this.#parts
    const bytes = entryBytes(item as Proposal)
    return space.waiting === 0 && space.fits(bytes - writes.judged.acceptedBytes(item.slot))
  }

  #writeOne(kind: Kind, item: Item, survives: Survival): Promise<void> {
    const judgeNow = (): Effect[] => {
      const effect = judgeItem(kind, item, this.#parts.writes)
      return effect ? [effect] : []
    }
    return this.#write(kind, judgeNow, survives, item.slot)
  }

  /** Judges, then writes in the same turn: nothing can come between the two. */
  #write(kind: Kind, judgeNow: () => Effect[], survives: Survival, scope: Scope): Promise<void> {
    const { life, writes, space, counts } = this.#parts
    try {
      // An accept may have waited for space since it was let in.
      life.checkPoison(kind)
      if (kind === 'accept' && writes.judged.votesLost) throw raise.votesLost(kind)
      const effects = judgeNow()
      counts[`${kind}s`] += effects[0]?.kind === 'discard' ? effects.length - 1 : effects.length
      const shown = writes.write(kind, effects, survives, scope)
      space.wake()
      return shown
    } catch (error) {
      return Promise.reject(this.#refused(error))
    }
  }

  /** The discard, where there is one, comes first. */
  #judgeAll(kind: Kind, items: readonly Item[], discardFrom: Slot | undefined): Effect[] {
    const { writes } = this.#parts
    const effects: Effect[] = []
    const discard = discardFrom === undefined ? undefined : this.#discardBefore(items, discardFrom)
    if (discard) effects.push(discard)
    items.forEach((item, index) => {
      try {
        const assumeEmpty = discardFrom !== undefined && item.slot >= discardFrom
        const effect = judgeItem(kind, item, writes, assumeEmpty)
        if (effect) effects.push(effect)
      } catch (error) {
        throw withIndex(error, index)
      }
    })
    return effects
  }

  /** Raft's conflict truncation may drop proposals, never decisions: those must stand in the batch themselves. */
  #discardBefore(items: readonly Item[], from: Slot): Effect | undefined {
    const { judged } = this.#parts.writes
    if (from < judged.point) throw raise.compacted(from, judged.point)
    const named = new Set(items.map((item) => item.slot))
    const damaged = firstUnnamed(judged.damaged, from, named)
    if (damaged !== undefined) throw raise.damagedSlot(damaged)
    const decided = firstUnnamed(judged.decided, from, named)
    if (decided !== undefined) throw raise.alreadyCommitted(decided)
    if (judged.accepted.firstFrom(from) === undefined) return undefined
    return { kind: 'discard', from, to: Number.MAX_SAFE_INTEGER }
  }

  #place(
    items: readonly Item[],
    signal: AbortSignal | undefined,
    discardFrom: Slot | undefined,
    body: () => Promise<void>,
  ): Promise<void> {
    const { judged } = this.#parts.writes
    const undecided = () => items.filter((item) => !judged.decided.has(item.slot))
    const needs = (): number => {
      let bytes = 0
      for (const item of undecided()) bytes += entryBytes(item as Proposal) - judged.acceptedBytes(item.slot)
      if (discardFrom === undefined) return bytes
      const replaced = new Set(items.map((item) => item.slot))
      for (const range of judged.accepted.ranges(discardFrom)) {
        for (let slot = range.from; slot < range.to; slot++) {
          if (!replaced.has(slot)) bytes -= judged.acceptedBytes(slot)
        }
      }
      return bytes
    }
    const bytes = () => undecided().reduce((sum, item) => sum + entryBytes(item as Proposal), 0)
    return this.#parts.space.place({ slots: items.map((item) => item.slot), bytes, needs, signal }, body)
  }

  #refusing<T>(verdict: T | PersistentLogError): T {
    if (verdict instanceof PersistentLogError) throw this.#refused(verdict)
    return verdict
  }

  #refused<E>(error: E): E {
    this.#parts.counts.refusals++
    return error
  }
}

/** The lowest slot of the set, from `from` on, that no item names. */
function firstUnnamed(slots: SlotRanges, from: Slot, named: ReadonlySet<Slot>): Slot | undefined {
  for (let slot = slots.firstFrom(from); slot !== undefined; slot = slots.firstFrom(slot + 1)) {
    if (!named.has(slot)) return slot
  }
  return undefined
}

/** The caller may change his bytes as soon as the call returns. */
function owned(given: Item): Item {
  const { slot, ballot, value, proof } = given
  return {
    slot,
    ballot: copyBallot(ballot),
    value: value && copyPooled(value),
    proof: proof && copyPooled(proof),
  }
}
