import { expect } from 'chai'
import type { RecoveryReport } from '@persistent-log/core'
import type { Tally } from '../running/tally.js'
import type { Observation } from './observation.js'
import type { Operation } from './operation.js'
import type { Oracle } from './oracle.js'
import { matchOutcome, type Interrupted } from './outcomes.js'

/** What the kit heard of a workload before it was interrupted. */
export type Heard = Pick<Interrupted, 'acknowledged' | 'begun' | 'refused'>

const NOTHING_HEARD: Heard = { acknowledged: new Set(), begun: new Set() }

/**
 * What a log must hold, as far as the kit knows: what it was last found to hold, which it must not forget any more, and
 * what was heard of the workload since.
 */
export class Expectation {
  readonly #tally: Tally
  #interrupted: Interrupted
  /** What all checks together looked for. */
  verified = 0

  constructor(tally: Tally, base: Oracle) {
    this.#tally = tally
    this.#interrupted = { base, operations: [], ...NOTHING_HEARD }
  }

  /** The state that the last check settled on. */
  get state(): Oracle {
    return this.#interrupted.base
  }

  get heard(): Heard {
    return this.#interrupted
  }

  /** The same knowledge, for another copy of the log. */
  copy(): Expectation {
    const copy = new Expectation(this.#tally, this.state.copy())
    copy.#interrupted = { ...this.#interrupted, base: copy.state }
    return copy
  }

  /** These calls were made on top of the state, and so much was heard of them. */
  interrupt(operations: readonly Operation[], heard: Heard): void {
    this.#interrupted = { base: this.state, operations, ...heard }
  }

  /** What a process found must be explained by what was acknowledged; it is the base of everything that follows. */
  check(found: Observation, recovery?: RecoveryReport, after = 'the kill'): void {
    const { operations, acknowledged, begun } = this.#interrupted
    const verdict = matchOutcome(this.#interrupted, found)
    const writes = [...acknowledged].filter((at) => operations[at]?.kind !== 'flush').length
    this.verified += writes
    this.#tally.ackedVerified += writes
    if (verdict.state === undefined) {
      const lost = verdict.differences.filter((line) =>
        /^- (?:entries|configurations|checkpoints|promised)/.test(line),
      )
      this.#tally.ackedLost += Math.max(1, lost.length)
      const inFlight = [...begun].filter((at) => !acknowledged.has(at))
      expect.fail(
        `after ${after} the log does not hold what it acknowledged (${writes} calls; in flight or refused were ` +
          `${JSON.stringify(inFlight.map((at) => operations[at]))}). "-" is missing, "+" is too much:\n` +
          verdict.differences.slice(0, 30).join('\n'),
      )
    }
    if (recovery !== undefined) checkReport(recovery, found)
    this.#interrupted = { base: verdict.state, operations: [], ...NOTHING_HEARD }
  }
}

/** What recovery reports must be what the log shows. */
export function checkReport(recovery: RecoveryReport, { bounds }: Observation): void {
  expect(recovery.decisions, 'recovery.decisions').to.equal(bounds.committedCount)
  expect(recovery.accepted, 'recovery.accepted').to.equal(bounds.acceptedCount)
  const damaged = recovery.damaged.map(({ file, offset, reason }) => `${file} at ${offset}: ${reason}`)
  if (damaged.length > 0) expect.fail(`recovery reports damage: ${damaged.join('; ')}`)
  expect(recovery.votesLost, 'recovery.votesLost').to.equal(false)
}
