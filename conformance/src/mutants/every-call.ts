import type { ReferenceLog } from './reference-log.js'

/** A call of a log, or of one of its stores. */
export interface Call {
  readonly name: string
  readonly args: readonly unknown[]
  /** Makes it, with the same arguments or with others. */
  readonly make: (args?: readonly unknown[]) => unknown
}

type Method = (...args: unknown[]) => unknown

/** Puts itself before every call of a log, those of its stores too; what it returns, or throws, the caller gets. */
export function aroundEveryCall(log: ReferenceLog, around: (call: Call) => unknown): void {
  for (const part of [log, log.checkpoints, log.checkpoints.divisible, log.configuration]) {
    for (const name of methodsOf(part)) {
      const method = (part as unknown as Record<string, Method>)[name]!.bind(part)
      const value = (...args: unknown[]): unknown =>
        around({ name, args, make: (others = args) => method(...others) })
      Object.defineProperty(part, name, { value })
    }
  }
}

/** What the reference calls by itself is left alone. */
const OWN = /^(?:constructor|new|publish|pull|metrics)/

function methodsOf(part: object): string[] {
  const names = new Set<string>()
  for (let level: object = part; level !== Object.prototype; level = Object.getPrototypeOf(level) as object) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (typeof value === 'function' && !OWN.test(name)) names.add(name)
    }
  }
  return [...names]
}

/** What a call ended with, handed to `mend` if it failed; a stream is left to its reader, but for its first step. */
export function mended(result: unknown, mend: (error: unknown) => unknown): unknown {
  return result instanceof Promise ? result.catch(mend) : result
}
