import { isPersistentLogError, type PersistentLog } from '@persistent-log/core'
import { perform, type Operation, type PlainEntry } from '../crash/operation.js'
import { reasonOf } from '../running/reason.js'

/** Calls whose refusal says nothing of the log: what they wrote is thrown away, and may be written once more. */
const FAIL_ALONE: ReadonlySet<Operation['kind']> = new Set(['checkpoint', 'compact'])

/** As they are made here. */
const CHANGES_NOTHING: ReadonlySet<Operation['kind']> = new Set(['promise', 'discard', 'compact', 'flush'])

/** A flush that failed under this call has poisoned the log. */
export function poisons({ kind }: Operation): boolean {
  return !FAIL_ALONE.has(kind)
}

/** What changes something where it is not refused: after a refusal it may be found all the same. */
export function mayBeFound({ kind }: Operation): boolean {
  return !CHANGES_NOTHING.has(kind)
}

/**
 * A write of each kind. Slots and records get what they did not hold; the rest would change nothing, and is refused all the
 * same: that the log is poisoned comes before every law. So few of them may be found later that all can be tried.
 */
export function writesToRefuse(log: PersistentLog, valueLength: number): readonly Operation[] {
  const { compactedBefore, nextSlot } = log.bounds()
  const { round, nodeId } = log.promised() ?? { round: 1, nodeId: 0 }
  const value = 'refused;'.repeat(valueLength).slice(0, valueLength)
  const entry = (offset: number): PlainEntry => ({ slot: nextSlot + offset, round, nodeId, value })
  return [
    { kind: 'accept', entry: entry(10) },
    { kind: 'learn', entry: entry(11) },
    { kind: 'acceptAll', entries: [entry(12), entry(13)] },
    { kind: 'learnAll', entries: [entry(14), entry(15)] },
    { kind: 'promise', round, nodeId },
    { kind: 'discard', from: nextSlot + 20 },
    { kind: 'configure', name: 'members', version: 1_000_000, value },
    { kind: 'checkpoint', slot: compactedBefore, content: value },
    { kind: 'compact', before: compactedBefore },
    { kind: 'flush' },
  ]
}

/** Makes the call, which must be refused; returns what happened instead. */
export async function notPoisonedBy(log: PersistentLog, operation: Operation): Promise<string | undefined> {
  try {
    await perform(log, operation)
    return `${operation.kind} was acknowledged behind a flush that had failed`
  } catch (error) {
    if (isPersistentLogError(error, 'PLOG_POISONED')) return undefined
    const message = reasonOf(error)
    return `${operation.kind} behind a flush that had failed was not refused by PLOG_POISONED: ${message}`
  }
}
