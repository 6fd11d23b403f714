import { differences, type Observation } from './observation.js'
import type { Operation } from './operation.js'
import type { Oracle } from './oracle.js'

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
}

const NONE: ReadonlySet<number> = new Set()
/** Calls of which no later write may survive without them. */
const COVERS_LATER: ReadonlySet<Operation['kind']> = new Set(['promise', 'discard'])
/** Calls that are judged when content was written or read back, which may be long after they were made. */
const JUDGED_LATE: ReadonlySet<Operation['kind']> = new Set(['checkpoint', 'compact'])
/** Calls that are not ordered against promises and discards. */
const OUTSIDE_THE_ORDER: ReadonlySet<Operation['kind']> = new Set([...JUDGED_LATE, 'configure', 'flush'])

/**
 * Every state that a log may be in after the kill: all calls that were acknowledged took effect, each of those in flight
 * took effect whole or not at all. In flight are few calls, so that all of their subsets can be tried.
 */
export function* possibleStates(interrupted: Interrupted): Generator<Oracle> {
  const { base, operations, acknowledged, begun, refused = NONE } = interrupted
  // A flush covers every earlier call that was judged by then, whatever was heard of those.
  const flushed = operations.findLastIndex(({ kind }, at) => kind === 'flush' && acknowledged.has(at))
  const isCertain = (at: number, { kind }: Operation): boolean =>
    acknowledged.has(at) || (at < flushed && !JUDGED_LATE.has(kind) && !refused.has(at))

  function* from(start: number, state: Oracle, lostCover: boolean): Generator<Oracle> {
    for (let at = start; at < operations.length; at++) {
      const operation = operations[at]
      if (operation === undefined || !begun.has(at)) continue
      const needsCover = !OUTSIDE_THE_ORDER.has(operation.kind)
      if (isCertain(at, operation)) {
        if ((lostCover && needsCover) || !state.apply(operation)) return
        continue
      }
      if (!(lostCover && needsCover)) {
        const present = state.copy()
        if (present.apply(operation)) yield* from(at + 1, present, lostCover)
      }
      // One that was refused is over: what was judged later did not rest on it.
      lostCover ||= COVERS_LATER.has(operation.kind) && !refused.has(at)
    }
    yield state
  }
  yield* from(0, base.copy(), false)
}

/** How what was found fits. */
export type Verdict =
  { readonly state: Oracle } | { readonly state: undefined; readonly differences: readonly string[] }

/** The possible state that was found, or the differences from the one that is nearest. */
export function matchOutcome(interrupted: Interrupted, found: Observation): Verdict {
  let nearest: string[] | undefined
  for (const state of possibleStates(interrupted)) {
    const apart = differences(state.expected(), found)
    if (apart.length === 0) return { state }
    if (nearest === undefined || apart.length < nearest.length) nearest = apart
  }
  return { state: undefined, differences: nearest ?? ['no order of the calls explains the acknowledgements'] }
}
