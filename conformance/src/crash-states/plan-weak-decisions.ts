import type { Operation, PlainEntry } from '../crash/operation.js'
import { textOf, type WorkloadOrder } from '../crash/workload.js'

/** The pace of flushes where a plan asks for one, in ms. */
export const PACE_MS = 5
/** As few as that, so that every subset of them can be tried as what a power cut took. */
const MOST_UNCOVERED = 3
/** Behind all decisions. */
const FAR_SLOTS = 10_000

/** What stands before a cover: so many calls, the decisions that it has to cover, and the slot behind them. */
interface Uncovered {
  readonly at: number
  readonly entries: readonly PlainEntry[]
  readonly slot: number
}

/** Makes what covers the decisions before it. */
type Cover = (uncovered: Uncovered) => readonly Operation[]

/** Checkpoints over every few of them. */
export function planBelowCheckpoints(order: WorkloadOrder): Operation[] {
  return planned(order, ({ at, slot }) => [
    { kind: 'checkpoint', slot, content: textOf(order, at, slot), alone: true },
  ])
}

/** Every few of them wait for the pace of flushes; most times, a strong proposal of another slot comes before it. */
export function planInPace(order: WorkloadOrder): Operation[] {
  return planned(order, ({ at }) => {
    const strong: Operation = { kind: 'accept', entry: entryOf(order, at, FAR_SLOTS + at) }
    return [...(order.random.below(3) === 0 ? [] : [strong]), { kind: 'flush', paced: true, alone: true }]
  })
}

/** Every few of them are repeated by stronger calls: by one each, or by a batch that decides another slot too. */
export function planRepeated(order: WorkloadOrder): Operation[] {
  return planned(order, ({ at, entries }) => {
    const repeated: readonly Operation[] =
      order.random.below(2) === 0
        ? entries.map((entry) => ({ kind: 'learn', entry }))
        : [{ kind: 'learnAll', entries: [...entries, entryOf(order, at, FAR_SLOTS + at)] }]
    return [...repeated, { kind: 'flush', alone: true }]
  })
}

/** Decisions that ask for `weakest`, in order. */
function planned(order: WorkloadOrder, cover: Cover): Operation[] {
  const { base, count, random, weakest } = order
  const asked = weakest === undefined ? {} : { survives: weakest }
  const operations: Operation[] = []
  let slot = base.contiguousTo()
  while (operations.length < count) {
    const entries: PlainEntry[] = []
    for (let more = 1 + random.below(MOST_UNCOVERED); more > 0; more--, slot++) {
      const entry = entryOf(order, operations.length, slot)
      const { round, nodeId } = entry
      entries.push(entry)
      if (random.below(2) === 0) operations.push({ kind: 'learn', entry, ...asked })
      else {
        operations.push({ kind: 'accept', entry, ...asked })
        operations.push({ kind: 'commit', id: { slot, round, nodeId }, ...asked })
      }
    }
    operations.push(...cover({ at: operations.length, entries, slot }))
  }
  return operations
}

function entryOf(order: WorkloadOrder, at: number, slot: number): PlainEntry {
  return { slot, round: 1 + at, nodeId: 0, value: textOf(order, at, slot) }
}
