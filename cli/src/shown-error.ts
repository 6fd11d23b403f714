import { isPersistentLogError } from '@persistent-log/core'

/** The system's own: its code and its call say all, and its stack is Node.js's. */
const isOfTheSystem = (error: Error): boolean => 'code' in error && 'syscall' in error

/**
 * What is printed about an error. One of a log or of the system says all in its message; anything else is a defect, and
 * its stack helps to find it.
 */
export function shownError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return isPersistentLogError(error) || isOfTheSystem(error) ? error.message : (error.stack ?? error.message)
}
