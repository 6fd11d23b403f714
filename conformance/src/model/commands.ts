import type fc from 'fast-check'
import { expect } from 'chai'
import { isPersistentLogError, type Ballot, type PersistentLog } from '@persistent-log/core'
import { outcomeOf } from '../running/assertions.js'
import { collect, shownEntry } from '../running/dump.js'
import { hex, joined } from '../running/values.js'
import { modelBounds, modelGaps } from './model-bounds.js'
import type { Model } from './model.js'
import { Refusal } from './refusal.js'

/** The log under test in a history: a reopen replaces it. */
export interface Real {
  log: PersistentLog
  readonly reopen: (log: PersistentLog) => Promise<PersistentLog>
  /** Only where histories have crashes in them. What is lost then is drawn by the seed. */
  readonly crash?: (log: PersistentLog, seed: number) => Promise<PersistentLog>
}

/** A step of a history: the same call on the model and on the log. */
export interface Step {
  readonly name: string
  /** Runs it on the model; what it returns is compared when `answer` is given. */
  readonly model: (model: Model) => unknown
  readonly real: (log: PersistentLog) => Promise<unknown>
  /** Both answers as something that can be compared. Default: answers are not compared. */
  readonly answer?: (given: unknown) => unknown
}

const withoutAbsent = (facts: object): object =>
  Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined))

/** Compares everything that the log shows with the model. */
export async function compareStates(model: Model, log: PersistentLog): Promise<void> {
  expect(withoutAbsent(log.bounds()), 'bounds').to.deep.equal(withoutAbsent(modelBounds(model)))
  expect(log.promised(), 'promised').to.deep.equal(model.state.promised)
  const entries = await collect(log.decisions({}, { includeAccepted: true, batchLength: 3 }))
  const expected = model.slots().map((slot) => {
    const { decided, ...held } = model.state.slots.get(slot)!
    return shownEntry({ slot, status: decided ? 'decided' : 'accepted', ...held })
  })
  expect(entries.map(shownEntry), 'entries').to.deep.equal(expected)
  const gaps: object[] = []
  for await (const { from, to } of log.gaps()) gaps.push({ from, to })
  expect(gaps, 'gaps').to.deep.equal(modelGaps(model))
  const checkpoints = await log.checkpoints.list()
  expect(
    checkpoints.map(({ slot }) => slot),
    'checkpoints',
  ).to.deep.equal(model.state.checkpoints.map(({ slot }) => slot))
  for (const { slot, content } of model.state.checkpoints) {
    expect(hex(await joined(log.checkpoints.read(slot))), `checkpoint ${slot}`).to.equal(hex(content))
  }
  for (const [name, { version, value }] of model.state.configurations) {
    const record = await log.configuration.load(name)
    expect(record && [record.version, hex(record.value)], `configuration ${name}`).to.deep.equal([
      version,
      hex(value),
    ])
  }
}

/** A step as fast-check runs it. */
export class StepCommand implements fc.AsyncCommand<Model, Real> {
  readonly step: Step

  constructor(step: Step) {
    this.step = step
  }

  check(): boolean {
    return true
  }

  async run(model: Model, real: Real): Promise<void> {
    const { model: onModel, real: onReal, answer } = this.step
    const wanted = await outcomeOf(async () => onModel(model))
    const got = await outcomeOf(() => onReal(real.log))
    if (wanted.error !== undefined) {
      if (!(wanted.error instanceof Refusal)) throw wanted.error as Error
      const { codes, facts } = wanted.error
      if (!isPersistentLogError(got.error))
        expect.fail(`${codes.join(' or ')} was expected, not ${String(got.error)}`)
      expect(codes, got.error.message).to.include(got.error.code)
      if (facts.index !== undefined) expect(got.error.context.index, 'context.index').to.equal(facts.index)
      return
    }
    if (got.error !== undefined) throw got.error as Error
    if (answer) expect(answer(got.value)).to.deep.equal(answer(wanted.value))
  }

  toString(): string {
    return this.step.name
  }
}

/** Compares all, now. */
export class CompareCommand implements fc.AsyncCommand<Model, Real> {
  check(): boolean {
    return true
  }

  run(model: Model, real: Real): Promise<void> {
    return compareStates(model, real.log)
  }

  toString(): string {
    return 'compare'
  }
}

/** Closes, opens, and compares all. */
export class ReopenCommand implements fc.AsyncCommand<Model, Real> {
  check(): boolean {
    return true
  }

  async run(model: Model, real: Real): Promise<void> {
    real.log = await real.reopen(real.log)
    await compareStates(model, real.log)
  }

  toString(): string {
    return 'reopen'
  }
}

/** Crashes, opens, and compares all: nothing was in flight, so that nothing may be missing. */
export class CrashCommand implements fc.AsyncCommand<Model, Real> {
  readonly #seed: number

  constructor(seed: number) {
    this.#seed = seed
  }

  check(): boolean {
    return true
  }

  async run(model: Model, real: Real): Promise<void> {
    if (real.crash === undefined) throw new Error('this log cannot crash')
    real.log = await real.crash(real.log, this.#seed)
    await compareStates(model, real.log)
  }

  toString(): string {
    return `crash ${this.#seed}`
  }
}

/** A ballot in a step's name. */
export const shown = ({ round, nodeId }: Ballot): string => `${round}.${nodeId}`
