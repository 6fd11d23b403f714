import { CALLS, callNamed, type Call } from './fault.js'
import { pathsOf, type TracedCall } from './trace.js'

/** What a phase does to the files of a log when nothing fails. */
export interface Survey {
  /** Every path in the log's directory, and the directory itself. */
  readonly paths: readonly string[]
  /** The most calls of each kind in one thread. */
  readonly counts: ReadonlyMap<Call, number>
}

/** Looks for the calls that concern a directory. A flush of a map in memory names no path: only a log makes one. */
export function surveyOf(calls: readonly TracedCall[], directory: string): Survey {
  const isInside = (path: string): boolean => path === directory || path.startsWith(`${directory}/`)
  const about = calls.filter((call) => call.name === 'msync' || pathsOf(call).some(isInside))
  const perThread = new Map<Call, Map<number, number>>()
  for (const { name, thread } of about) {
    const call = callNamed(name)
    if (call === undefined) continue
    const threads = perThread.get(call) ?? new Map<number, number>()
    perThread.set(call, threads.set(thread, (threads.get(thread) ?? 0) + 1))
  }
  const counts = new Map<Call, number>()
  for (const call of CALLS) {
    const threads = perThread.get(call)
    if (threads) counts.set(call, Math.max(...threads.values()))
  }
  return { paths: [...new Set(about.flatMap(pathsOf).filter(isInside))], counts }
}
