import type { Slot } from '../../contract/slot.js'
import type { EffectOf } from './effect.js'
import type { Ledger } from './ledger.js'

/**
 * The discards of `from <= slot < to`, no wider than the proposals that are there: an engine may have to look at every slot
 * in between. None passes a decision: one that is weaker than the discard may reach the device behind it, and is a decision
 * of the proposal that is there all the same.
 */
export function discardsOf(
  { accepted, decided }: Ledger,
  from: Slot,
  to: Slot = Number.MAX_SAFE_INTEGER,
): EffectOf<'discard'>[] {
  const discards: EffectOf<'discard'>[] = []
  const end = Math.min(to, (accepted.last ?? -1) + 1)
  let first = accepted.firstFrom(from)
  while (first !== undefined && first < end) {
    const next = Math.min(end, decided.firstFrom(first) ?? end)
    discards.push({ kind: 'discard', from: first, to: next })
    first = accepted.firstFrom(next)
  }
  return discards
}
