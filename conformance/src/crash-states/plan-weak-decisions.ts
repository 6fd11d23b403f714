import type { Operation } from '../crash/operation.js'
import type { WorkloadOrder } from '../crash/workload.js'

/** The pace of flushes where a plan asks for one, in ms. */
export const PACE_MS = 5
/** As few as that, so that every subset of them can be tried as what a power cut took. */
const MOST_UNCOVERED = 3
/** Behind all decisions. */
const FAR_SLOTS = 10_000

/** Makes what covers the decisions before it: all slots below `slot`. */
type Cover = (at: number, slot: number, text: (at: number, slot: number) => string) => readonly Operation[]

/** Checkpoints over every few of them. */
export function planBelowCheckpoints(order: WorkloadOrder): Operation[] {
  return planned(order, (at, slot, text) => [
    { kind: 'checkpoint', slot, content: text(at, slot), alone: true },
  ])
}

/** Every few of them wait for the pace of flushes; most times, a strong proposal of another slot comes before it. */
export function planInPace(order: WorkloadOrder): Operation[] {
  const { random } = order
  return planned(order, (at, _, text) => {
    const slot = FAR_SLOTS + at
    const strong: Operation = {
      kind: 'accept',
      entry: { slot, round: 1 + at, nodeId: 0, value: text(at, slot) },
    }
    return [...(random.below(3) === 0 ? [] : [strong]), { kind: 'flush', paced: true, alone: true }]
  })
}

/** Decisions that ask for `weakest`, in order. */
function planned(
  { base, count, random, weakest, valueLength, label }: WorkloadOrder,
  cover: Cover,
): Operation[] {
  const asked = weakest === undefined ? {} : { survives: weakest }
  const text = (at: number, slot: number): string =>
    `${label}/${at}/${slot};`.repeat(valueLength).slice(0, valueLength)
  const operations: Operation[] = []
  let slot = base.contiguousTo()
  while (operations.length < count) {
    for (let more = 1 + random.below(MOST_UNCOVERED); more > 0; more--, slot++) {
      const at = operations.length
      const ballot = { round: 1 + at, nodeId: 0 }
      const entry = { slot, ...ballot, value: text(at, slot) }
      if (random.below(2) === 0) operations.push({ kind: 'learn', entry, ...asked })
      else {
        operations.push({ kind: 'accept', entry, ...asked })
        operations.push({ kind: 'commit', id: { slot, ...ballot }, ...asked })
      }
    }
    operations.push(...cover(operations.length, slot, text))
  }
  return operations
}
