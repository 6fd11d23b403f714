import { isPersistentLogError, raise, type PersistentLogError } from '@persistent-log/core/backend'

/** LMDB's codes for a file that is not what LMDB wrote (lmdb.h): a page is missing, is damaged, or is no LMDB file. */
const DAMAGE_CODES: ReadonlySet<unknown> = new Set([-30797, -30796, -30793])

/** The typed error for what LMDB reports. */
export function engineError(operation: string, cause: unknown): PersistentLogError {
  if (isPersistentLogError(cause)) return cause
  const isDamage = DAMAGE_CODES.has((cause as { code?: unknown } | undefined)?.code)
  if (isDamage)
    return raise.corrupted(`LMDB found damage: ${(cause as Error).message}`, { operation }, { cause })
  return raise.io(operation, {}, { cause })
}
