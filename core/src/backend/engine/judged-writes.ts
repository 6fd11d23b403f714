import type { Proposal } from '../../contract/proposal.js'
import type { Slot } from '../../contract/slot.js'
import type { Survival } from '../../contract/survival.js'
import { raise } from '../../errors/index.js'
import { copyBallot, copyToKeep } from '../bytes.js'
import type { Effect } from './effect.js'
import type { Item } from './judging.js'
import { entryBytes } from './entry-bytes.js'
import { survivalOf, type LogParts } from './log-parts.js'
import type { Scope } from './outstanding-writes.js'

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

  /** Judges the items, then writes in the same turn: nothing can come between the two. */
  write(
    kind: Kind,
    items: readonly Item[],
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
      counts[`${kind}s`] += changesIn(effects)
      this.#repeat(items, effects)
      const shown = writes.write(kind, effects, survives, scope)
      space.wake()
      return shown
    } catch (error) {
      counts.refusals++
      return Promise.reject(error)
    }
  }

  /**
   * Adds what those items hold that change nothing beside others that do: it must not be lost where the others are not.
   * If nothing changes, a write of no effects does for all of them.
   */
  #repeat(items: readonly Item[], effects: Effect[]): void {
    const { engine, writes } = this.#parts
    if (effects.length === 0 || changesIn(effects) === items.length || !engine.holdsWeakWrites) return
    const changed = new Set(effects.map((effect) => 'slot' in effect && effect.slot))
    for (const { slot } of items) {
      const held = changed.has(slot) ? 'damaged' : writes.newest(slot)
      if (held === 'damaged') continue
      const isDecided = writes.judged.decided.has(slot)
      effects.push({
        ...{ slot, ...held },
        ...(isDecided ? { kind: 'decide', matchesAccepted: false } : { kind: 'accept' }),
      })
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
    value: value && copyToKeep(value),
    proof: proof && copyToKeep(proof),
  }
}
