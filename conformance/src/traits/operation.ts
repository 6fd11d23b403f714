import type { Ballot, CallOptions, PersistentLog } from '@persistent-log/core'

/** A call with a mistake in it: what the error must be, and the field that its message must name. */
export interface Mistake {
  readonly what: string
  readonly kind: 'TypeError' | 'RangeError' | 'either'
  readonly field: string
  readonly call: (log: PersistentLog) => unknown
}

/** One operation of the interface: a right call, and wrong ones. */
export interface Operation {
  readonly name: string
  /** False for what takes no options. */
  readonly takesSignal: boolean
  readonly call: (log: PersistentLog, options?: CallOptions) => unknown
  readonly mistakes: readonly Mistake[]
}

/** Passes something past the compiler, as a caller in JavaScript does by accident. */
export const as = <T>(value: unknown): T => value as T

const WRONG_BALLOTS: readonly [string, unknown, Mistake['kind'], string][] = [
  ['no ballot', undefined, 'TypeError', 'ballot'],
  ['a number for a ballot', 3, 'TypeError', 'ballot'],
  ['a negative round', { round: -1, nodeId: 0 }, 'RangeError', 'round'],
  ['a fraction for a node', { round: 1, nodeId: 0.5 }, 'RangeError', 'nodeId'],
  ['a round beyond the safe integers', { round: 2 ** 53, nodeId: 0 }, 'RangeError', 'round'],
  ['a ballot without a node', { round: 1 }, 'either', 'nodeId'],
]

/** The same call with every kind of wrong ballot. */
export const wrongBallots = (call: (log: PersistentLog, wrong: Ballot) => unknown): Mistake[] =>
  WRONG_BALLOTS.map(([what, wrong, kind, field]) => ({
    what,
    kind,
    field,
    call: (log) => call(log, as(wrong)),
  }))

/** A wrong call. */
export const mistake = (
  what: string,
  kind: Mistake['kind'],
  field: string,
  call: Mistake['call'],
): Mistake => ({
  what,
  kind,
  field,
  call,
})

/** The call with something else for a signal. */
export const wrongSignal = (call: (log: PersistentLog, options: CallOptions) => unknown): Mistake =>
  mistake('a signal that is none', 'TypeError', 'signal', (log) => call(log, as({ signal: 'stop' })))

/** The call with an option of a name that it does not know. */
export const slip = (name: string, call: (log: PersistentLog, options: CallOptions) => unknown): Mistake =>
  mistake(`${name} for an option`, 'TypeError', `options.${name}`, (log) => call(log, as({ [name]: 1 })))
