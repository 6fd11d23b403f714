import { expect } from 'chai'
import type { RecoveryReport } from '@persistent-log/core'
import type { CaseContext } from '../running/case-context.js'
import type { Random } from '../running/random.js'
import type { OpenConfig, OpenOrder } from '../running/target.js'
import { withChild, type Child } from './child.js'
import { observe, type Observation } from './observation.js'
import { perform, type Operation } from './operation.js'
import { Oracle } from './oracle.js'
import { matchOutcome, type Interrupted } from './outcomes.js'

/** Calls that a child may have in flight: with so few, every subset of them can be tried. */
export const WINDOW = 6

/**
 * When to kill: from outside, when the call at this place has begun and so many more turns of the event loop have
 * passed; or by its own hand, in the very moment in which the call at this place is acknowledged.
 */
export type Moment = { readonly begun: number; readonly turns: number } | { readonly acknowledged: number }

/** Draws a moment in a workload of so many calls: late enough that something was acknowledged. */
export function drawMoment(random: Random, calls: number): Moment {
  // Behind so many calls as may be in flight something was acknowledged.
  const at = WINDOW + random.below(Math.max(1, calls - WINDOW))
  return random.below(2) === 0 ? { acknowledged: at } : { begun: at, turns: random.below(12) }
}

/** What the kit heard of a workload before the kill. */
export interface Heard {
  readonly acknowledged: ReadonlySet<number>
  readonly begun: ReadonlySet<number>
}

/**
 * A log that is killed again and again. The kit's own memory holds what was acknowledged; `state` is what the log was
 * last found to hold, which it must not forget any more.
 */
export class KillRun {
  readonly ctx: CaseContext
  readonly order: OpenOrder
  readonly #overrides: OpenConfig
  #interrupted: Interrupted
  /** What all checks together looked for. */
  verified = 0

  constructor(ctx: CaseContext, overrides: OpenConfig = {}) {
    this.ctx = ctx
    this.#overrides = overrides
    this.order = ctx.order(overrides)
    const base = new Oracle(overrides.firstSlot)
    this.#interrupted = { base, operations: [], acknowledged: new Set(), begun: new Set() }
  }

  /** The state that the last check settled on. */
  get state(): Oracle {
    return this.#interrupted.base
  }

  /** A child opens the log, which is checked, makes the calls, and is killed in the middle. */
  async killDuring(operations: (state: Oracle) => readonly Operation[], moment: Moment): Promise<void> {
    await withChild(async (child) => {
      const { found, recovery } = await child.open(this.order)
      this.check(found, recovery)
      const planned = operations(this.state)
      const heard = await runUntil(child, planned, moment)
      this.ctx.tally.kills++
      this.#interrupted = { base: this.state, operations: planned, ...heard }
    })
  }

  /** A child opens the log, makes all the calls, and is dead in the moment in which the last one is acknowledged. */
  async killAfter(operations: readonly Operation[]): Promise<void> {
    const last = operations.length - 1
    await this.killDuring(() => operations, { acknowledged: last })
    expect(this.#interrupted.acknowledged.has(last), 'the last call was acknowledged').to.equal(true)
  }

  /** What a process found must be explained by what was acknowledged; it is the base of everything that follows. */
  check(found: Observation, recovery?: RecoveryReport): void {
    const { operations, acknowledged } = this.#interrupted
    const verdict = matchOutcome(this.#interrupted, found)
    const writes = [...acknowledged].filter((at) => operations[at]?.kind !== 'flush').length
    this.verified += writes
    this.ctx.tally.ackedVerified += writes
    if (verdict.state === undefined) {
      const lost = verdict.differences.filter((line) =>
        /^- (?:entries|configurations|checkpoints|promised)/.test(line),
      )
      this.ctx.tally.ackedLost += Math.max(1, lost.length)
      const inFlight = [...this.#interrupted.begun].filter((at) => !acknowledged.has(at))
      expect.fail(
        `after the kill the log does not hold what it acknowledged (${writes} calls; in flight were ` +
          `${JSON.stringify(inFlight.map((at) => operations[at]))}). "-" is missing, "+" is too much:\n` +
          verdict.differences.slice(0, 30).join('\n'),
      )
    }
    if (recovery !== undefined) checkReport(recovery, found)
    this.#interrupted = { base: verdict.state, operations: [], acknowledged: new Set(), begun: new Set() }
  }

  /** The kit itself opens the log, checks it, goes on with it, and leaves it clean. */
  async checkHere(operations: (state: Oracle) => readonly Operation[] = () => []): Promise<void> {
    const log = await this.ctx.open(this.#overrides)
    try {
      this.check(await observe(log), log.recovery)
      for (const operation of operations(this.state)) {
        await perform(log, operation)
        expect(this.state.apply(operation), 'the call is one that a log grants').to.equal(true)
      }
      expect(await observe(log)).to.deep.equal(this.state.expected())
    } finally {
      await log.close()
    }
  }
}

/** Hears the child out until the moment comes, kills it, and hears what it had said before its death. */
async function runUntil(child: Child, operations: readonly Operation[], moment: Moment): Promise<Heard> {
  const acknowledged = new Set<number>()
  const begun = new Set<number>()
  const diesAt = 'acknowledged' in moment ? moment.acknowledged : undefined
  child.tell({ kind: 'run', operations, window: WINDOW, diesAt })
  for (let report = await child.next(); report !== undefined; report = await child.next()) {
    if (report.kind === 'failed') {
      expect.fail(`${JSON.stringify(operations[report.at])} was refused: ${report.error.message}`)
    }
    if (report.kind === 'will') begun.add(report.at)
    if (report.kind === 'did') acknowledged.add(report.at)
    if (report.kind === 'will' && 'begun' in moment && report.at === moment.begun) {
      for (let turn = 0; turn < moment.turns; turn++) await new Promise(setImmediate)
      child.signalKill()
    }
    if (report.kind === 'ran') break
  }
  if (!(await child.kill())) expect.fail('the child ended before it was killed')
  return { acknowledged, begun }
}

/** What recovery reports must be what the log shows. */
function checkReport(recovery: RecoveryReport, { bounds }: Observation): void {
  expect(recovery.decisions, 'recovery.decisions').to.equal(bounds.committedCount)
  expect(recovery.accepted, 'recovery.accepted').to.equal(bounds.acceptedCount)
  expect(recovery.damaged, 'recovery.damaged').to.deep.equal([])
  expect(recovery.votesLost, 'recovery.votesLost').to.equal(false)
}
