import type { Operation, PlainEntry } from '../crash/operation.js'
import type { WorkloadOrder } from '../crash/workload.js'

/** As few as that, so that every subset of them can be tried as what a power cut took. */
const MOST_BELOW = 3

/** Decisions that ask for `weakest`, in order, and a checkpoint over every few of them. */
export function planCheckpoints({
  base,
  count,
  random,
  weakest,
  valueLength,
  label,
}: WorkloadOrder): Operation[] {
  const asked = weakest === undefined ? {} : { survives: weakest }
  const text = (at: number, slot: number): string =>
    `${label}/${at}/${slot};`.repeat(valueLength).slice(0, valueLength)
  const operations: Operation[] = []
  let slot = base.contiguousTo()
  while (operations.length < count) {
    const most = 1 + random.below(MOST_BELOW)
    for (let decided = 0; decided < most; decided++, slot++) {
      const ballot = { round: 1 + operations.length, nodeId: 0 }
      const entry: PlainEntry = { slot, ...ballot, value: text(operations.length, slot) }
      if (random.below(2) === 0) operations.push({ kind: 'learn', entry, ...asked })
      else {
        operations.push({ kind: 'accept', entry, ...asked })
        operations.push({ kind: 'commit', id: { slot, ...ballot }, ...asked })
      }
    }
    operations.push({ kind: 'checkpoint', slot, content: text(operations.length, slot), alone: true })
  }
  return operations
}
