import type { PersistentLog } from '@persistent-log/core'
import type { Subject } from '../subjects/subject.js'

/** For workloads that open what was closed. */
export function needsFiles(subject: Subject): string | undefined {
  return subject.isStored ? undefined : 'it stores nothing'
}

/** The log of a subject of a workload that `isForLogs`. */
export function logOf(subject: Subject): PersistentLog {
  if (subject.log === undefined) throw new Error(`${subject.name} is no log`)
  return subject.log
}
