import type { Operation, PlainEntry } from '../crash/operation.js'
import { textOf, type WorkloadOrder } from '../crash/workload.js'

/** Batches that a power cut may take, as few between flushes as that: every subset of them can be tried. */
const MOST_UNCOVERED = 3
const MOST_IN_BATCH = 4

/**
 * Batches that ask for `weakest` between flushes: new ones, such that repeat a part of an earlier one, decide one, or come
 * behind a single proposal that has superseded a part of it.
 */
export function planWeakBatches(order: WorkloadOrder): Operation[] {
  const { base, count, random, weakest } = order
  const asked = weakest === undefined ? {} : { survives: weakest }
  const operations: Operation[] = []
  let next = base.nextSlot()
  let proposed: PlainEntry[] = []
  const entryAt = (slot: number): PlainEntry => {
    const at = operations.length
    return { slot, round: 1 + at, nodeId: 0, value: textOf(order, at, slot) }
  }
  const batch = (): PlainEntry[] =>
    Array.from({ length: 1 + random.below(MOST_IN_BATCH) }, () => entryAt(next++))
  const makers: readonly (() => Operation)[] = [
    () => ({ kind: 'acceptAll', entries: (proposed = batch()), ...asked }),
    () => ({ kind: 'acceptAll', entries: (proposed = [...proposed, ...batch()].slice(-8)), ...asked }),
    () => ({ kind: 'learnAll', entries: batch(), ...asked }),
    () => {
      const superseded = random.below(proposed.length)
      proposed = proposed.map((entry, at) => (at === superseded ? entryAt(entry.slot) : entry))
      return { kind: 'accept', entry: proposed[superseded]!, ...asked }
    },
    () => {
      const ids = proposed.map(({ slot, round, nodeId }) => ({ slot, round, nodeId }))
      proposed = []
      return { kind: 'commitAll', ids, ...asked }
    },
  ]
  while (operations.length < count) {
    for (let more = 1 + random.below(MOST_UNCOVERED); more > 0; more--) {
      const choice = makers.slice(0, proposed.length > 0 ? makers.length : 3)
      operations.push(choice[random.below(choice.length)]!())
    }
    operations.push({ kind: 'flush', alone: true })
  }
  return operations
}
