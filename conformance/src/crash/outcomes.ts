import { differences, type Observation } from './observation.js'
import type { Operation } from './operation.js'
import type { Oracle } from './oracle.js'
import { isDiscardedBehind, namedSlots, SettledSlots } from './settled-slots.js'

/** A workload that was interrupted. */
export interface Interrupted {
  /** What the log held before it. */
  readonly base: Oracle
  readonly operations: readonly Operation[]
  /** Places of the calls that were acknowledged before the kill, and of those that had begun. */
  readonly acknowledged: ReadonlySet<number>
  readonly begun: ReadonlySet<number>
  /** Places of the calls that were answered with an error: they may have taken effect all the same. */
  readonly refused?: ReadonlySet<number>
  /** Places of the calls that were acknowledged, and whose effect the crash may have taken all the same: they had asked for less. */
  readonly weak?: ReadonlySet<number>
}

const NONE: ReadonlySet<number> = new Set()
/** Calls of which no later write may survive without them. */
const COVERS_LATER: ReadonlySet<Operation['kind']> = new Set(['promise', 'discard'])
/** Calls that are judged when content was written or read back, which may be long after they were made. */
const JUDGED_LATE: ReadonlySet<Operation['kind']> = new Set(['checkpoint', 'compact'])
/** Calls that are not ordered against promises and discards. */
const OUTSIDE_THE_ORDER: ReadonlySet<Operation['kind']> = new Set([...JUDGED_LATE, 'configure', 'flush'])

/** The calls that decide slots. */
const DECIDES: ReadonlySet<Operation['kind']> = new Set(['commit', 'commitAll', 'learn', 'learnAll'])

/**
 * Every state that a log may be in after the kill: all calls that were acknowledged took effect, each of those in flight
 * took effect whole or not at all. Where a decision is lost, a discard that was judged behind it passed the proposal of
 * its slot, as it passes all that is decided. `isPossible` ends the search behind a call.
 */
export function* possibleStates(
  interrupted: Interrupted,
  isPossible: (state: Oracle, at: number) => boolean = () => true,
): Generator<Oracle> {
  const { base, operations, acknowledged, begun, refused = NONE } = interrupted
  // A flush covers every earlier call that was judged by then, whatever was heard of those.
  const flushed = operations.findLastIndex(({ kind }, at) => kind === 'flush' && acknowledged.has(at))
  const isCertain = (at: number, { kind }: Operation): boolean =>
    acknowledged.has(at) || (at < flushed && !JUDGED_LATE.has(kind) && !refused.has(at))
  /** The slots that this call decides before a discard would drop what they hold. */
  const decidedForLater = (at: number, operation: Operation): readonly number[] =>
    DECIDES.has(operation.kind) && !refused.has(at)
      ? namedSlots(operation).filter((slot) => isDiscardedBehind(at, slot, operations, begun))
      : []

  function* from(
    start: number,
    state: Oracle,
    lostCover: boolean,
    passed: ReadonlySet<number>,
  ): Generator<Oracle> {
    for (let at = start; at < operations.length; at++) {
      const operation = operations[at]
      if (operation === undefined || operation.kind === 'flush' || !begun.has(at)) continue
      const needsCover = !OUTSIDE_THE_ORDER.has(operation.kind)
      if (isCertain(at, operation)) {
        if ((lostCover && needsCover) || !state.apply(operation, passed) || !isPossible(state, at)) return
        continue
      }
      if (!(lostCover && needsCover)) {
        const present = state.copy()
        if (present.apply(operation, passed) && isPossible(present, at)) {
          yield* from(at + 1, present, lostCover, passed)
        }
      }
      // One that was refused is over: what was judged later did not rest on it.
      lostCover ||= COVERS_LATER.has(operation.kind) && !refused.has(at)
      if (!isPossible(state, at)) return
      const decided = decidedForLater(at, operation)
      if (decided.length > 0) yield* from(at + 1, state.copy(), lostCover, new Set([...passed, ...decided]))
    }
    yield state
  }
  yield* from(0, base.copy(), false, NONE)
}

/** How what was found fits. */
export type Verdict =
  { readonly state: Oracle } | { readonly state: undefined; readonly differences: readonly string[] }

/** Among so many states the one is sought that is nearest to what no state explains. */
const MOST_COMPARED = 256

/** The possible state that was found, or the differences from one that is near. */
export function matchOutcome(interrupted: Interrupted, found: Observation): Verdict {
  const { base, operations, begun } = interrupted
  const settled = new SettledSlots(base, operations, begun, found)
  for (const state of possibleStates(interrupted, (reached, at) => settled.agree(reached, at))) {
    if (differences(state.expected(), found).length === 0) return { state }
  }
  let nearest: string[] | undefined
  let compared = 0
  for (const state of possibleStates(interrupted)) {
    const apart = differences(state.expected(), found)
    if (nearest === undefined || apart.length < nearest.length) nearest = apart
    if (++compared === MOST_COMPARED) break
  }
  return { state: undefined, differences: nearest ?? ['no order of the calls explains the acknowledgements'] }
}
