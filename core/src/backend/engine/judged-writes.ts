import type { Proposal } from '../../contract/proposal.js'
import type { Slot } from '../../contract/slot.js'
import type { Survival } from '../../contract/survival.js'
import { raise } from '../../errors/index.js'
import { copyBallot, copyPooled } from '../bytes.js'
import type { Effect } from './effect.js'
import type { Item } from './judging.js'
import { entryBytes } from './entry-bytes.js'
import { survivalOf, type LogParts } from './log-parts.js'
import type { Scope } from './write-path.js'

/** The calls that the ballot law judges. */
export type Kind = 'accept' | 'commit' | 'learn'

/** What single writes and batches share: the survival they get, their turn for space, and the turn they are judged in. */
export class JudgedWrites {
  readonly #parts: LogParts

  constructor(parts: LogParts) {
    this.#parts = parts
  }

  survival(kind: Kind, operation: string, asked: unknown): Survival {
    const which = kind === 'accept' ? 'accept' : 'commit'
    const { durability, engine } = this.#parts
    return survivalOf(operation, asked, durability[which], engine.capabilities.survives[which])
  }

  /**
   * Judges so many items, then writes in the same turn: nothing can come between the two. Items that change nothing
   * survive what was asked, too.
   */
  write(
    kind: Kind,
    items: number,
    judgeNow: () => Effect[],
    survives: Survival,
    scope: Scope,
  ): Promise<void> {
    const { life, writes, space, counts } = this.#parts
    try {
      // An accept may have waited for space since it was let in.
      life.checkPoison(kind)
      if (kind === 'accept' && writes.judged.votesLost) throw raise.votesLost(kind)
      const effects = judgeNow()
      const changes = changesIn(effects)
      counts[`${kind}s`] += changes
      const shown = writes.write(kind, effects, survives, scope)
      const confirmed =
        effects.length > 0 && changes < items ? writes.write(kind, [], survives, scope) : undefined
      space.wake()
      return confirmed ? Promise.all([shown, confirmed]).then(() => undefined) : shown
    } catch (error) {
      counts.refusals++
      return Promise.reject(error)
    }
  }

  /** Runs `body` when the proposals have space. What `discardFrom` drops makes some. */
  place(
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
}

/** How many items change something: discards are no items. */
function changesIn(effects: readonly Effect[]): number {
  let changes = effects.length
  for (const { kind } of effects) {
    if (kind !== 'discard') break
    changes--
  }
  return changes
}

/** The caller may change his bytes as soon as the call returns. */
export function owned(given: Item): Item {
  const { slot, ballot, value, proof } = given
  return {
    slot,
    ballot: copyBallot(ballot),
    value: value && copyPooled(value),
    proof: proof && copyPooled(proof),
  }
}
