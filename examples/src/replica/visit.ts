import { performance } from 'node:perf_hooks'
import { Audit } from './audit.js'
import type { Expectation } from './expectation.js'
import type { Acknowledgements, FromReplica, OpeningReport, Orders, WorkReport } from './protocol.js'
import { Replica } from './replica.js'
import { UserError } from './user-error.js'

/** What the client does while a replica process lives. */
export interface VisitPlan {
  /** Called when the process has opened its log and shown all of it, before it does anything else. */
  readonly opened: (opening: OpeningReport, audit: Audit) => Promise<'go' | 'close'>
  /** Notes what was acknowledged; true when the process is to be killed now. */
  readonly acknowledged: (calls: Acknowledgements) => boolean
}

/** How it went. */
export interface Visit {
  readonly opening: OpeningReport
  /** Absent when the process was killed or had nothing to do. */
  readonly work: WorkReport | undefined
  readonly wasKilled: boolean
  /** Calls under way when the process last said something. */
  readonly inFlight: number
  /** Acknowledged calls, and the time from the order to work until the last of them. */
  readonly accepts: number
  readonly commits: number
  readonly workMs: number
  /** Slots that read back as something else than their command. */
  readonly misread: readonly number[]
}

/** Follows the life of one replica process from its start to its end. */
export async function visit(orders: Orders, expectation: Expectation, plan: VisitPlan): Promise<Visit> {
  const replica = new Replica(orders)
  try {
    return await new Visitor(replica, expectation, plan).follow()
  } finally {
    replica.kill()
  }
}

class Visitor {
  readonly #replica: Replica
  readonly #expectation: Expectation
  readonly #plan: VisitPlan
  readonly #audit: Audit
  readonly #misread: number[] = []
  #opening: OpeningReport | undefined
  #work: WorkReport | undefined
  #wasKilled = false
  #isClosed = false
  #inFlight = 0
  #accepts = 0
  #commits = 0
  #beganMs = 0
  #lastMs = 0

  constructor(replica: Replica, expectation: Expectation, plan: VisitPlan) {
    this.#replica = replica
    this.#expectation = expectation
    this.#plan = plan
    this.#audit = new Audit(expectation)
  }

  async follow(): Promise<Visit> {
    for await (const message of this.#replica.messages()) await this.#receive(message)
    if (this.#opening === undefined || !(this.#isClosed || this.#wasKilled)) throw this.#endedTooSoon()
    return {
      opening: this.#opening,
      work: this.#work,
      wasKilled: this.#wasKilled && this.#replica.ending?.signal === 'SIGKILL',
      inFlight: this.#inFlight,
      accepts: this.#accepts,
      commits: this.#commits,
      workMs: this.#lastMs - this.#beganMs,
      misread: this.#misread,
    }
  }

  async #receive(message: FromReplica): Promise<void> {
    switch (message.type) {
      case 'entries':
        return this.#audit.see(message.entries)
      case 'opened': {
        this.#opening = message.report
        this.#checkLimits(message.report)
        const next = await this.#plan.opened(message.report, this.#audit)
        this.#beganMs = this.#lastMs = performance.now()
        return this.#replica.send({ type: next })
      }
      case 'acknowledged':
        return this.#note(message.calls, message.inFlight)
      case 'read-back':
        for (const { slot, value } of message.entries) {
          if (!this.#expectation.holds(slot, value)) this.#misread.push(slot)
        }
        return
      case 'finished':
        this.#work = message.report
        return this.#replica.send({ type: 'close' })
      case 'closed':
        this.#isClosed = true
        return
      case 'failed':
        throw new Error(message.message)
    }
  }

  #note(calls: Acknowledgements, inFlight: number): void {
    this.#accepts += calls.accepts.length
    this.#commits += calls.commits.length
    this.#lastMs = performance.now()
    this.#inFlight = inFlight
    const isTimeToDie = this.#plan.acknowledged(calls)
    if (isTimeToDie && !this.#wasKilled) {
      this.#replica.kill()
      this.#wasKilled = true
    }
    this.#replica.send({ type: 'noted', count: this.#accepts + this.#commits })
  }

  #checkLimits({ capabilities }: OpeningReport): void {
    const { bytes, place } = this.#expectation.longest
    const { valueBytes } = capabilities.limits
    if (bytes <= valueBytes) return
    throw new UserError(`${place}: the command has ${bytes} bytes, and this log takes ${valueBytes} at most`)
  }

  #endedTooSoon(): Error {
    const { code, signal } = this.#replica.ending ?? {}
    const how = signal ? `was ended by ${signal}` : `ended with code ${code}`
    return new Error(
      `the replica process ${how} before its work was done. ${this.#replica.complaints}`.trim(),
    )
  }
}
