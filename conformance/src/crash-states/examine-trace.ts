import { perform } from '../crash/operation.js'
import { observe } from '../crash/observation.js'
import { DiskRecorder } from '../disk/seam/disk-recorder.js'
import type { DiskSeam } from '../disk/seam/disk-seam.js'
import { Random } from '../running/random.js'
import { CrashStates, type CrashState } from './crash-state.js'
import { drawn, drawnAround } from './drawn.js'
import { examineState, sameLengthRecord, settledState, simulateRestart } from './examine-state.js'
import { Finding, openAfterCrash } from './finding.js'
import type { Bench, StateChoice, StateReport, WorkloadPlan } from './messages.js'
import { Timeline, type Trace } from './trace.js'

/** Opens a log over the states that crashes in a trace may have left, one after another, up to the first finding. */
export class TraceExaminer {
  readonly #seam: DiskSeam
  readonly #bench: Bench
  readonly #plan: WorkloadPlan
  readonly #states: CrashStates
  readonly #timeline: Timeline

  constructor(
    seam: DiskSeam,
    bench: Bench,
    plan: WorkloadPlan,
    trace: Trace,
    { model, tearing }: StateChoice,
  ) {
    this.#seam = seam
    this.#bench = bench
    this.#plan = plan
    this.#states = new CrashStates(trace, model, bench.seed, tearing)
    this.#timeline = new Timeline(trace)
  }

  async run(
    { most, only, duringRecovery }: StateChoice,
    tell: (report: StateReport) => Promise<void>,
  ): Promise<void> {
    const { states } = this.#states
    const numbers =
      only === undefined ? drawnAround(this.#states, most, new Random(this.#bench.seed)) : [only]
    for (const number of numbers) {
      const state = states[number]
      if (state === undefined) throw new RangeError(`state ${number}: there are ${states.length}, from 0`)
      const shown = this.#states.shown(state)
      await tell({ kind: 'examining', state: number, shown })
      try {
        const opened =
          duringRecovery === undefined
            ? await this.#examine(state, number)
            : await this.#crashAgain(state, duringRecovery, number)
        const acknowledged = this.#timeline.owedAt(state.place).acknowledged.size
        await tell({ kind: 'examined', state: number, opened, acknowledged })
      } catch (error) {
        const finding = error instanceof Finding ? error.message : String((error as Error).stack)
        return tell({ kind: 'found', state: number, shown, finding })
      }
    }
    await tell({ kind: 'finished', possible: states.length })
  }

  #examine(state: CrashState, number: number): Promise<number> {
    const owed = this.#timeline.owedAt(state.place)
    return examineState(this.#states.imageOf(state), {
      ...this.#common,
      owed,
      closesCleanly: number % 2 === 0,
    })
  }

  get #common() {
    const { valueLength, weakest } = this.#plan
    return { bench: this.#bench, valueLength, mayLoseVotes: weakest !== undefined }
  }

  /** Crashes while the log recovers from a crash, and just behind: what it did then is a trace of its own. */
  async #crashAgain(state: CrashState, times: number, number: number): Promise<number> {
    const owed = this.#timeline.owedAt(state.place)
    const trace = await this.#recordRecovery(state)
    const timeline = new Timeline(trace, owed)
    const { model, tearing } = this.#states
    const inner = new CrashStates(trace, model, this.#bench.seed + number, tearing)
    const chosen = drawn(inner.states.length, times, new Random(this.#bench.seed + number))
    for (const at of chosen) {
      const second = inner.states[at]
      if (second === undefined) continue
      try {
        await examineState(inner.imageOf(second), {
          ...this.#common,
          owed: timeline.owedAt(second.place),
          closesCleanly: at % 2 === 0,
        })
      } catch (error) {
        const message = error instanceof Finding ? error.message : String((error as Error).stack)
        throw new Finding(
          `a second crash, while it recovered, state ${at}, ${inner.shown(second)}: ${message}`,
        )
      }
    }
    return chosen.length
  }

  async #recordRecovery(state: CrashState): Promise<Trace> {
    const { place } = this.#bench
    this.#states.imageOf(state).materialise(place)
    simulateRestart()
    const recorder = new DiskRecorder(place)
    this.#seam.follow(recorder, { withoutFlushes: true })
    try {
      const log = await openAfterCrash(this.#bench, 'after the first crash')
      try {
        const owed = this.#timeline.owedAt(state.place)
        const settled = await settledState(log, { owed, mayLoseVotes: this.#common.mayLoseVotes })
        const next = sameLengthRecord(settled, this.#plan.valueLength)
        recorder.mark({ kind: 'opened', session: 0, found: await observe(log) })
        if (!log.recovery.votesLost) {
          recorder.mark({ kind: 'began', session: 0, at: 0 })
          await perform(log, next)
          recorder.mark({ kind: 'acknowledged', session: 0, at: 0 })
        }
        const incomplete = await recorder.whyIncomplete()
        if (incomplete !== undefined) throw new Error(`recovery cannot be followed: ${incomplete}`)
        return { initial: recorder.initial, events: [...recorder.events], sessions: [[next]] }
      } finally {
        this.#seam.follow(undefined, { withoutFlushes: true })
        await log.close()
      }
    } finally {
      this.#seam.follow(undefined, { withoutFlushes: true })
    }
  }
}
