import type { Observation } from '../crash/observation.js'
import { isWeak, type Operation } from '../crash/operation.js'
import { Oracle } from '../crash/oracle.js'
import { matchOutcome, type Interrupted } from '../crash/outcomes.js'
import type { DiskEvent } from '../disk/disk-event.js'
import type { DiskImage } from '../disk/disk-image.js'

/** What was done to a log, and everything that it did to its files meanwhile. */
export interface Trace {
  /** The files before the first event: all of it is on the device. */
  readonly initial: DiskImage
  readonly events: readonly DiskEvent[]
  /** The calls of each session, from one open to the next. */
  readonly sessions: readonly (readonly Operation[])[]
}

/** What was known before the trace began: what an earlier life of the log may have left. */
export const NOTHING_BEFORE: Interrupted = {
  base: new Oracle(),
  operations: [],
  acknowledged: new Set(),
  begun: new Set(),
}

/** A session does not explain what the next one found: the log lost or made up something without any crash. */
export class Unexplained extends Error {
  readonly differences: readonly string[]

  constructor(differences: readonly string[]) {
    super(`a reopen without a crash does not show what was acknowledged:\n${differences.join('\n')}`)
    this.differences = differences
  }
}

/** For every place of a trace: what a log owes that crashes there. */
export class Timeline {
  readonly #before: Interrupted
  readonly #trace: Trace
  readonly #cache = new Map<number, Interrupted>()
  readonly #bases = new Map<number, Oracle>()

  /** `before`: what the log owed when the trace began. */
  constructor(trace: Trace, before = NOTHING_BEFORE) {
    this.#trace = trace
    this.#before = before
    let last = before
    for (const [at, event] of trace.events.entries()) {
      if (event.kind !== 'mark') continue
      if (event.mark.kind === 'opened') {
        this.#bases.set(event.mark.session, settled(last, event.mark.found))
      }
      last = this.owedAt(at + 1)
    }
  }

  /** What the log owes when the first `place` events have happened. */
  owedAt(place: number): Interrupted {
    const lastMark = this.#trace.events.findLastIndex(({ kind }, at) => kind === 'mark' && at < place)
    if (lastMark < 0) return this.#before
    let owed = this.#cache.get(lastMark)
    if (owed === undefined) this.#cache.set(lastMark, (owed = this.#owedAfter(lastMark)))
    return owed
  }

  #owedAfter(lastMark: number): Interrupted {
    const acknowledged = new Set<number>()
    const begun = new Set<number>()
    for (let at = lastMark; at >= 0; at--) {
      const event = this.#trace.events[at]
      if (event?.kind !== 'mark') continue
      const { mark } = event
      if (mark.kind === 'began') begun.add(mark.at)
      else if (mark.kind === 'acknowledged') acknowledged.add(mark.at)
      else {
        const base = this.#bases.get(mark.session) ?? new Oracle()
        const operations = this.#trace.sessions[mark.session] ?? []
        const weak = new Set<number>()
        for (const [place, operation] of operations.entries())
          if (isWeak(operation) && acknowledged.delete(place)) weak.add(place)
        return { base, operations, acknowledged, begun, weak }
      }
    }
    return this.#before
  }
}

function settled(owed: Interrupted, found: Observation): Oracle {
  const verdict = matchOutcome(owed, found)
  if (verdict.state === undefined) throw new Unexplained(verdict.differences)
  return verdict.state
}
