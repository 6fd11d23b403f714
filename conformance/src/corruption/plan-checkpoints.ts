import type { Operation } from '../crash/operation.js'
import { textOf, type WorkloadOrder } from '../crash/workload.js'

/** Decisions between two checkpoints. */
const APART = 5
/** The newest state is long: most damage hits it. */
const LENGTHS = [20, 20, 200] as const

/**
 * Three checkpoints, decisions between and behind them, and a compaction up to one of them: `older` and the state can be
 * had from that one, `newest` and it can be had from that one alone.
 */
export function planCheckpoints(order: WorkloadOrder, upTo: 'older' | 'newest'): Operation[] {
  const operations: Operation[] = []
  const learn = (slot: number): void => {
    const value = textOf(order, operations.length, slot)
    operations.push({ kind: 'learn', entry: { slot, round: 1, nodeId: 0, value } })
  }
  for (const [at, length] of LENGTHS.entries()) {
    for (let slot = at * APART; slot < (at + 1) * APART; slot++) learn(slot)
    const slot = (at + 1) * APART
    operations.push({
      kind: 'checkpoint',
      slot,
      content: textOf(order, operations.length, slot).repeat(length),
    })
  }
  const newest = LENGTHS.length * APART
  learn(newest)
  operations.push({ kind: 'compact', before: upTo === 'newest' ? newest : newest - APART })
  return operations
}
