import type { Subject } from '../subjects/subject.js'

/** The name under which the limits of the machine are measured. */
export const MACHINE = 'machine'

/** The machine itself: it stores nothing, its workloads bring what they measure. */
export function openMachine(): Subject {
  return {
    name: MACHINE,
    isStored: false,
    decide: () => Promise.reject(new Error('the machine stores no entries')),
    read: () => Promise.resolve(undefined),
    scan: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}
