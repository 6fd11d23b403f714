import { isPersistentLogError } from '@persistent-log/core'
import { aroundEveryCall, mended, type Call } from './every-call.js'
import type { Mutant } from './mutant.js'

/** A defect that is in every call. */
const inEveryCall = (name: string, defect: string, around: (call: Call) => unknown): Mutant => ({
  name,
  defect,
  plant: ({ Log }) => ({
    Log: class extends Log {
      constructor(...parts: ConstructorParameters<typeof Log>) {
        super(...parts)
        aroundEveryCall(this, around)
      }
    },
  }),
})

/** Calls that fail in this way succeed, and have done nothing. */
const swallowing = (name: string, defect: string, isSwallowed: (error: unknown) => boolean): Mutant =>
  inEveryCall(name, defect, ({ make }) => {
    const mend = (error: unknown): undefined => {
      if (!isSwallowed(error)) throw error
      return undefined
    }
    try {
      return mended(make(), mend)
    } catch (error) {
      return mend(error)
    }
  })

const SLIPS = /^(?:signl|discardfrom|survive|until|retian|kep|includeAcepted|batchLenght)$/

const withoutSlips = (argument: unknown): unknown =>
  typeof argument === 'object' && argument !== null && Object.keys(argument).some((name) => SLIPS.test(name))
    ? Object.fromEntries(Object.entries(argument).filter(([name]) => !SLIPS.test(name)))
    : argument

/** Defects that are not of one call or another, but of all. */
export const everyCallMutants: readonly Mutant[] = [
  swallowing(
    'mistakesSwallowed',
    'a call with a wrong argument is answered as if all were well',
    (error) => error instanceof TypeError || error instanceof RangeError,
  ),
  swallowing(
    'limitsSwallowed',
    'a call beyond a limit is answered as if all were well',
    (error) => isPersistentLogError(error, 'PLOG_TOO_LARGE') || isPersistentLogError(error, 'PLOG_FULL'),
  ),
  swallowing('closedSwallowed', 'a call after close is answered as if all were well', (error) =>
    isPersistentLogError(error, 'PLOG_NOT_OPEN'),
  ),
  swallowing('unsupportedSwallowed', 'what is not on offer is answered as if it were given', (error) =>
    isPersistentLogError(error, 'PLOG_UNSUPPORTED'),
  ),
  inEveryCall('nullIsNoEnd', 'an end of null is taken for one that was left out', ({ args, make }) =>
    make(
      args.map((argument) =>
        typeof argument === 'object' && argument !== null && 'to' in argument && argument.to === null
          ? { ...argument, to: undefined }
          : argument,
      ),
    ),
  ),
  inEveryCall(
    'slipsIgnored',
    'an option whose name the call does not know is not looked at',
    ({ args, make }) => make(args.map(withoutSlips)),
  ),
  inEveryCall('signalsDropped', 'no call sees its signal', ({ args, make }) =>
    make(
      args.map((argument) =>
        typeof argument === 'object' && argument !== null && 'signal' in argument
          ? { ...argument, signal: undefined }
          : argument,
      ),
    ),
  ),
]
