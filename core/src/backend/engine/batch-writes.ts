import type { AcceptAllOptions, WriteOptions } from '../../contract/decision-log.js'
import type { CommitId, Decision, Proposal } from '../../contract/proposal.js'
import type { Slot } from '../../contract/slot.js'
import type { Survival } from '../../contract/survival.js'
import { raise, withIndex } from '../../errors/index.js'
import * as check from '../arguments.js'
import * as names from '../call-names.js'
import type { AtOnce } from './at-once.js'
import { discardsOf } from './discarding.js'
import type { Effect } from './effect.js'
import { JudgedWrites, owned, type Kind } from './judged-writes.js'
import { judgeItem, type Item } from './judging.js'
import { checkSizes, type LogParts } from './log-parts.js'
import type { SlotRanges } from './slot-ranges.js'

const OPERATIONS = { accept: 'acceptAll', commit: 'commitAll', learn: 'learnAll' } as const
const FIELDS = { accept: 'proposals', commit: 'ids', learn: 'decisions' } as const

/** What a batch that was done at once resolves with. */
const DONE = Promise.resolve()

/** Accepts, commits and learns of many slots: all or none, each judged on the state before. */
export class BatchWrites {
  readonly #parts: LogParts
  readonly #judged: JudgedWrites
  readonly #atOnce: AtOnce | undefined

  constructor(parts: LogParts, atOnce: AtOnce | undefined) {
    this.#parts = parts
    this.#judged = new JudgedWrites(parts)
    this.#atOnce = atOnce
  }

  async acceptAll(proposals: readonly Proposal[], options?: AcceptAllOptions): Promise<void> {
    check.checkArray(proposals, FIELDS.accept, check.checkProposal)
    check.checkOptions(options, names.ACCEPT_ALL)
    if (options?.discardFrom !== undefined) check.checkBound(options.discardFrom, 'options.discardFrom')
    await this.#all('accept', proposals, options, options?.discardFrom)
  }

  async commitAll(ids: readonly CommitId[], options?: WriteOptions): Promise<void> {
    check.checkArray(ids, FIELDS.commit, check.checkCommitId)
    check.checkOptions(options, names.WRITE)
    await this.#all('commit', ids, options)
  }

  async learnAll(decisions: readonly Decision[], options?: WriteOptions): Promise<void> {
    check.checkArray(decisions, FIELDS.learn, check.checkProposal)
    check.checkOptions(options, names.WRITE)
    await this.#all('learn', decisions, options)
  }

  async #all(
    kind: Kind,
    given: readonly Item[],
    options: WriteOptions | undefined,
    discardFrom?: Slot,
  ): Promise<void> {
    check.checkDistinctSlots(given, FIELDS[kind])
    const { life, limits } = this.#parts
    const operation = OPERATIONS[kind]
    const survives = this.#judged.survival(kind, operation, options?.survives)
    checkSizes(given, limits, true)
    await life.run(operation, 'write', options?.signal, () => {
      if (given.length === 0 && discardFrom === undefined) return Promise.resolve()
      const shown = discardFrom === undefined ? this.#shortcut(kind, given, survives) : undefined
      if (shown) return shown
      const items = given.map(owned)
      const judgeNow = (): Effect[] => this.#judge(kind, items, discardFrom)
      const body = (): Promise<void> => this.#judged.write(kind, items, judgeNow, survives, 'log')
      return kind === 'accept' ? this.#judged.place(items, options?.signal, discardFrom, body) : body()
    })
  }

  /** What resolves when the batch is shown, where the engine has a shorter way for it than effects. */
  #shortcut(kind: Kind, given: readonly Item[], survives: Survival): Promise<void> | undefined {
    const atOnce = this.#atOnce
    if (!atOnce) return undefined
    if (kind === 'accept')
      return atOnce.gives(survives) && atOnce.acceptAll(given as readonly Proposal[]) ? DONE : undefined
    return kind === 'commit' && survives === this.#parts.strongest
      ? atOnce.commitAllWithFlush(given)
      : undefined
  }

  /** The discards, where there are any, come first. */
  #judge(kind: Kind, items: readonly Item[], discardFrom: Slot | undefined): Effect[] {
    const { writes } = this.#parts
    const effects: Effect[] = discardFrom === undefined ? [] : this.#discardsBefore(items, discardFrom)
    let index = 0
    try {
      for (; index < items.length; index++) {
        const effect = judgeItem(kind, items[index]!, writes, discardFrom)
        if (effect) effects.push(effect)
      }
    } catch (error) {
      throw withIndex(error, index)
    }
    return effects
  }

  /** Raft's conflict truncation may drop proposals, never decisions: those must stand in the batch themselves. */
  #discardsBefore(items: readonly Item[], from: Slot): Effect[] {
    const { judged } = this.#parts.writes
    if (from < judged.point) throw raise.compacted(from, judged.point)
    const named = new Set(items.map((item) => item.slot))
    const damaged = firstUnnamed(judged.damaged, from, named)
    if (damaged !== undefined) throw raise.damagedSlot(damaged)
    const decided = firstUnnamed(judged.decided, from, named)
    if (decided !== undefined) throw raise.decisionInTheWay(decided, from)
    return discardsOf(judged, from)
  }
}

/** The lowest slot of the set, from `from` on, that no item names. */
function firstUnnamed(slots: SlotRanges, from: Slot, named: ReadonlySet<Slot>): Slot | undefined {
  for (let slot = slots.firstFrom(from); slot !== undefined; slot = slots.firstFrom(slot + 1)) {
    if (!named.has(slot)) return slot
  }
  return undefined
}
