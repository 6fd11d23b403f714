import type { Operation } from '../crash/operation.js'
import { textOf, type WorkloadOrder } from '../crash/workload.js'

/** Batches of all kinds, long enough to span many sectors: each must be found whole or not at all. */
export function planBatches(order: WorkloadOrder): Operation[] {
  const { base, count, random, capabilities, valueLength } = order
  const { batchSlots, batchBytes } = capabilities.limits
  const most = Math.max(1, Math.min(24, batchSlots, Math.floor(batchBytes / (valueLength + 200))))
  let next = base.nextSlot()
  const round = 1 + Math.max(base.promised?.round ?? 0, ...base.accepted().map((held) => held.round))
  const entries = (length: number, at: number) =>
    Array.from({ length }, (_, offset) => {
      const slot = next + offset
      return { slot, round: round + at, nodeId: 0, value: textOf(order, at, slot) }
    })
  return Array.from({ length: count }, (_, at): Operation => {
    const batch = entries(1 + random.below(most), at)
    const kind = random.below(4)
    // Its entries conflict with a suffix that is dropped in the same write.
    if (kind === 3) {
      const discardFrom = next
      return { kind: 'acceptAll', entries: batch, discardFrom }
    }
    next += batch.length
    return { kind: kind === 0 ? 'learnAll' : 'acceptAll', entries: batch }
  })
}
