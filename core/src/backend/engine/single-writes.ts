import type { WriteOptions } from '../../contract/decision-log.js'
import type { CommitId, Decision, Proposal } from '../../contract/proposal.js'
import type { Survival } from '../../contract/survival.js'
import * as check from '../arguments.js'
import type { AtOnce } from './at-once.js'
import type { Effect } from './effect.js'
import { JudgedWrites, owned, type Kind } from './judged-writes.js'
import { judgeItem, type Item } from './judging.js'
import { entryBytes } from './entry-bytes.js'
import { checkEntry, type LogParts } from './log-parts.js'

type CheckItem = (item: unknown, field: string) => void

/** What a call that was done at once returns. */
const DONE = Promise.resolve()

/** Accepts, commits and learns of one slot. */
export class SingleWrites {
  readonly #parts: LogParts
  readonly #judged: JudgedWrites
  readonly #atOnce: AtOnce | undefined

  constructor(parts: LogParts, atOnce: AtOnce | undefined) {
    this.#parts = parts
    this.#judged = new JudgedWrites(parts)
    this.#atOnce = atOnce
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
      check.checkSignal(options)
      const { life, limits } = this.#parts
      const survives = this.#judged.survival(kind, kind, options?.survives)
      checkEntry(given, limits)
      life.check(kind, 'write', options?.signal)
      if (this.#atOnce?.gives(survives) && isDoneAtOnce(this.#atOnce, kind, given)) return DONE
      if (kind === 'commit' && survives === this.#parts.strongest) {
        const shown = this.#atOnce?.commitWithFlush(given)
        if (shown) return shown
      }
      const item = owned(given)
      if (kind !== 'accept' || this.#fits(item)) return this.#write(kind, item, survives)
      return this.#judged.place([item], options?.signal, undefined, () => this.#write(kind, item, survives))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Nobody waits for space, and there is room for this one. */
  #fits(item: Item): boolean {
    const { space, writes } = this.#parts
    const bytes = entryBytes(item as Proposal)
    return space.waiting === 0 && space.fits(bytes - writes.judged.acceptedBytes(item.slot))
  }

  #write(kind: Kind, item: Item, survives: Survival): Promise<void> {
    const judgeNow = (): Effect[] => {
      const effect = judgeItem(kind, item, this.#parts.writes)
      return effect ? [effect] : []
    }
    return this.#judged.write(kind, [item], judgeNow, survives, item.slot)
  }
}

function isDoneAtOnce(atOnce: AtOnce, kind: Kind, given: Item): boolean {
  switch (kind) {
    case 'accept':
      return atOnce.accept(given as Proposal) === undefined
    case 'commit':
      return atOnce.commit(given) === undefined
    case 'learn':
      return atOnce.learn(given as Decision) === undefined
  }
}
