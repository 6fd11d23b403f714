import { isPersistentLogError, type ErrorContext } from '../../errors/persistent-log-error.js'
import { raise } from '../../errors/raise.js'

/** A failure of the store as one of ours; an adapter that tells more than we know is left its own words. */
export function engineFailure(operation: string, cause: unknown, context: ErrorContext = {}): unknown {
  return isPersistentLogError(cause) ? cause : raise.io(operation, context, { cause })
}
