import type { Slot } from '../../contract/slot.js'
import type { EffectOf } from './effect.js'
import type { Ledger } from './ledger.js'

/**
 * The discard of `from <= slot < to`, no wider than the proposals that are there: an engine may have to look at every slot
 * in between. `undefined` when there are none.
 */
export function discardOf(
  { accepted }: Ledger,
  from: Slot,
  to: Slot = Number.MAX_SAFE_INTEGER,
): EffectOf<'discard'> | undefined {
  const first = accepted.firstFrom(from)
  if (first === undefined || first >= to || accepted.last === undefined) return undefined
  return { kind: 'discard', from: first, to: Math.min(to, accepted.last + 1) }
}
