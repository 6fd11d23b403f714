import type { DiskEvent } from '../disk/disk-event.js'
import type { Random } from '../running/random.js'
import type { CrashStates } from './crash-state.js'

/** Numbers from 0 up to `count`, at most so many of them, in order. */
export function drawn(count: number, most: number, random: Random): readonly number[] {
  const all = Array.from({ length: count }, (_, at) => at)
  return some(all, most, random)
}

/**
 * Numbers of crash states, at most so many of them, in order. What precedes a flush that fails is the business of other
 * workloads: there, half of them lie between the failure and the next open, the others behind that.
 */
export function drawnAround(
  { states, trace }: Pick<CrashStates, 'states' | 'trace'>,
  most: number,
  random: Random,
): readonly number[] {
  const failure = trace.events.findIndex((event) => event.kind === 'flush' && event.failed === true)
  if (failure < 0) return drawn(states.length, most, random)
  const opened = trace.events.findIndex((event, at) => at > failure && isOpened(event))
  const reopened = opened < 0 ? Infinity : opened
  const [shortlyAfter, later]: [number[], number[]] = [[], []]
  for (const [number, { place }] of states.entries()) {
    if (place > failure) (place <= reopened ? shortlyAfter : later).push(number)
  }
  const first = some(shortlyAfter, Math.max(Math.ceil(most / 2), most - later.length), random)
  return [...first, ...some(later, most - first.length, random)]
}

const isOpened = (event: DiskEvent): boolean => event.kind === 'mark' && event.mark.kind === 'opened'

function some(numbers: readonly number[], most: number, random: Random): readonly number[] {
  return numbers.length <= most
    ? numbers
    : random
        .shuffled(numbers)
        .slice(0, most)
        .sort((a, b) => a - b)
}
