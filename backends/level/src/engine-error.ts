import { isPersistentLogError, raise, type PersistentLogError } from '@persistent-log/core/backend'

/** The typed error for what LevelDB reports; `abstract-level` wraps its reason for a failed open in a cause. */
export function engineError(operation: string, cause: unknown): PersistentLogError {
  if (isPersistentLogError(cause)) return cause
  const reason = innermost(cause)
  if ((reason as { code?: unknown } | undefined)?.code === 'LEVEL_CORRUPTION') {
    return raise.corrupted(`LevelDB found damage: ${(reason as Error).message}`, { operation }, { cause })
  }
  return raise.io(operation, {}, { cause: reason })
}

function innermost(error: unknown): unknown {
  let reason = error
  while (reason instanceof Error && reason.cause !== undefined) reason = reason.cause
  return reason
}
