import type { Slot } from '../../contract/slot.js'
import { isPersistentLogError } from '../../errors/persistent-log-error.js'
import { raise } from '../../errors/raise.js'

/** Whoever reads decides by the code: an error of the system itself says nothing about the log. */
export const readFailure = (slot: Slot | undefined, cause: unknown): unknown =>
  isPersistentLogError(cause) ? cause : raise.io('read', { slot }, { cause })
