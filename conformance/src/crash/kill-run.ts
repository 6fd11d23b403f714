import { expect } from 'chai'
import type { RecoveryReport } from '@persistent-log/core'
import type { CaseContext } from '../running/case-context.js'
import type { Random } from '../running/random.js'
import type { OpenConfig, OpenOrder } from '../running/target.js'
import { withChild, type Child } from './child.js'
import { Expectation, type Heard } from './expectation.js'
import { observe, type Observation } from './observation.js'
import { perform, type Operation } from './operation.js'
import { Oracle } from './oracle.js'

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

/** A log that is killed again and again. The kit's own memory holds what was acknowledged. */
export class KillRun {
  readonly ctx: CaseContext
  readonly order: OpenOrder
  readonly #overrides: OpenConfig
  /** What the log must hold. */
  readonly expectation: Expectation

  constructor(ctx: CaseContext, overrides: OpenConfig = {}) {
    this.ctx = ctx
    this.#overrides = ctx.strongest(overrides)
    this.order = ctx.order(this.#overrides)
    this.expectation = new Expectation(ctx.tally, new Oracle(overrides.firstSlot))
  }

  /** The state that the last check settled on. */
  get state(): Oracle {
    return this.expectation.state
  }

  /** What all checks together looked for. */
  get verified(): number {
    return this.expectation.verified
  }

  /** A child opens the log, which is checked, makes the calls, and is killed in the middle. */
  async killDuring(operations: (state: Oracle) => readonly Operation[], moment: Moment): Promise<void> {
    await withChild(async (child) => {
      const { found, recovery } = await child.open(this.order)
      this.check(found, recovery)
      const planned = operations(this.state)
      const heard = await runUntil(child, planned, moment)
      this.ctx.tally.kills++
      this.expectation.interrupt(planned, heard)
    })
  }

  /** A child opens the log, makes all the calls, and is dead in the moment in which the last one is acknowledged. */
  async killAfter(operations: readonly Operation[]): Promise<void> {
    const last = operations.length - 1
    await this.killDuring(() => operations, { acknowledged: last })
    expect(this.expectation.heard.acknowledged.has(last), 'the last call was acknowledged').to.equal(true)
  }

  /** What a process found must be explained by what was acknowledged. */
  check(found: Observation, recovery?: RecoveryReport): void {
    this.expectation.check(found, recovery)
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
