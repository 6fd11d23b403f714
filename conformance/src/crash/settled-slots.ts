import type { Observation } from './observation.js'
import type { Operation } from './operation.js'
import type { Oracle } from './oracle.js'

/**
 * What was found, slot by slot, and which call is the last that may change a slot. Behind that call a state that holds
 * something else there is none that explains what was found: the search for one ends early, however many calls were in
 * flight.
 */
export class SettledSlots {
  readonly #found: ReadonlyMap<number, string>
  /** The slots that no call behind this one may change. */
  readonly #settledBy = new Map<number, number[]>()

  constructor(
    base: Oracle,
    operations: readonly Operation[],
    begun: ReadonlySet<number>,
    found: Observation,
  ) {
    this.#found = new Map(found.entries.map((line) => [Number.parseInt(line, 10), line]))
    const slots = new Set([...base.slots.keys(), ...this.#found.keys(), ...operations.flatMap(namedSlots)])
    for (const slot of slots) {
      const last = operations.findLastIndex((operation, at) => begun.has(at) && mayChange(operation, slot))
      if (last < 0) continue
      const settled = this.#settledBy.get(last)
      if (settled === undefined) this.#settledBy.set(last, [slot])
      else settled.push(slot)
    }
  }

  /** False when a slot that is settled by the call at this place is not in this state as it was found. */
  agree(state: Oracle, at: number): boolean {
    return (this.#settledBy.get(at) ?? []).every((slot) => state.entryAt(slot) === this.#found.get(slot))
  }
}

/** The slots that a call names one by one. */
export function namedSlots(operation: Operation): readonly number[] {
  switch (operation.kind) {
    case 'accept':
    case 'learn':
      return [operation.entry.slot]
    case 'acceptAll':
    case 'learnAll':
      return operation.entries.map(({ slot }) => slot)
    case 'commit':
      return [operation.id.slot]
    case 'commitAll':
      return operation.ids.map(({ slot }) => slot)
    case 'discard':
    case 'compact':
    case 'promise':
    case 'configure':
    case 'checkpoint':
    case 'flush':
      return []
  }
}

/** Whether a call drops the proposal of a slot. */
function discards(operation: Operation, slot: number): boolean {
  if (operation.kind === 'acceptAll')
    return operation.discardFrom !== undefined && slot >= operation.discardFrom
  return operation.kind === 'discard' && slot >= operation.from && slot < (operation.to ?? Infinity)
}

/** Whether a call that had begun behind the one at this place drops what a slot holds. */
export const isDiscardedBehind = (
  at: number,
  slot: number,
  operations: readonly Operation[],
  begun: ReadonlySet<number>,
): boolean => operations.some((later, place) => place > at && begun.has(place) && discards(later, slot))

const mayChange = (operation: Operation, slot: number): boolean =>
  namedSlots(operation).includes(slot) ||
  discards(operation, slot) ||
  (operation.kind === 'compact' && slot < operation.before)
