import { openSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { TEST_BOOT_ID_VARIABLE } from '@persistent-log/core/backend'
import type { PersistentLog } from '@persistent-log/core'
import { observe } from '../crash/observation.js'
import { isWeak, perform, type Operation } from '../crash/operation.js'
import { matchOutcome, type Interrupted } from '../crash/outcomes.js'
import { planWorkload } from '../crash/workload.js'
import type { Mark } from '../disk/disk-event.js'
import type { DiskSeam } from '../disk/seam/disk-seam.js'
import { DiskRecorder } from '../disk/seam/disk-recorder.js'
import { Random } from '../running/random.js'
import { openLogUnderTest } from '../running/target.js'
import type { Bench, Recorded, WorkloadPlan } from './messages.js'
import { planBatches } from './plan-batches.js'
import { planWeakBatches } from './plan-weak-batches.js'
import { mayBeFound, notPoisonedBy, poisons, writesToRefuse } from './poisoned-writes.js'
import { PACE_MS, planBelowCheckpoints, planInPace, planRepeated } from './plan-weak-decisions.js'
import { NOTHING_BEFORE, Unexplained, type Trace } from './trace.js'

/** Calls in flight: with so few, every subset of them can be tried as the outcome. */
const WINDOW = 5
/** So often the disk must be found idle, a pace apart. */
const IDLE_LOOKS = 4
/** Calls whose effect a power cut may take, up to the next flush. */
const MOST_WEAK = 3

/** A workload, and what was noted of it. */
export interface Recording extends Recorded {
  readonly trace: Trace
}

/** Works on a new log and writes down what it does to its files. */
export async function recordWorkload(seam: DiskSeam, bench: Bench, plan: WorkloadPlan): Promise<Recording> {
  process.env[TEST_BOOT_ID_VARIABLE] = 'the boot of the workload'
  const recorder = new DiskRecorder(bench.place)
  seam.follow(recorder, plan.settings)
  const run = new RecordedRun(seam, (mark) => recorder.mark(mark), bench, plan)
  let log: PersistentLog | undefined
  try {
    for (let session = 0; session < plan.sessions; session++) {
      await log?.close().catch(run.forgivenWhenFailed)
      log = await run.open()
      await run.session(log)
    }
    // What it does from here on is no part of the trace.
    const incomplete = await recorder.whyIncomplete()
    const { flushes, failedFlushes, shortWrites } = seam
    const trace = { initial: recorder.initial, events: [...recorder.events], sessions: run.sessions }
    const acknowledged = run.acknowledgedInAll
    return {
      trace,
      events: trace.events.length,
      flushes,
      failedFlushes,
      shortWrites,
      acknowledged,
      incomplete,
    }
  } finally {
    seam.follow(undefined)
    await log?.close().catch(() => undefined)
  }
}

/**
 * Works on a new log in the same way, and writes every mark to a file: whoever traces the system calls of this process
 * sees what the log did between them. The log is left open.
 */
export async function workTraced(
  seam: DiskSeam,
  bench: Bench,
  plan: WorkloadPlan,
  markFile: string,
): Promise<Pick<Trace, 'sessions'> & { readonly marks: readonly Mark[]; readonly acknowledged: number }> {
  process.env[TEST_BOOT_ID_VARIABLE] = 'the boot of the workload'
  const marks: Mark[] = []
  const descriptor = openSync(markFile, 'a')
  const note = (mark: Mark): void => {
    marks.push(mark)
    writeSync(descriptor, '.')
  }
  const run = new RecordedRun(seam, note, bench, plan)
  let log: PersistentLog | undefined
  for (let session = 0; session < plan.sessions; session++) {
    await log?.close()
    log = await run.open()
    await run.session(log)
  }
  return { marks, sessions: run.sessions, acknowledged: run.acknowledgedInAll }
}

class RecordedRun {
  readonly sessions: (readonly Operation[])[] = []
  acknowledgedInAll = 0
  readonly #seam: DiskSeam
  readonly #mark: (mark: Mark) => void
  readonly #bench: Bench
  readonly #plan: WorkloadPlan
  readonly #random: Random
  #last: Interrupted = NOTHING_BEFORE
  /** A flush that failed ends a session once: behind it, everything has to succeed again. */
  #forgiven = 0

  constructor(seam: DiskSeam, mark: (mark: Mark) => void, bench: Bench, plan: WorkloadPlan) {
    this.#seam = seam
    this.#mark = mark
    this.#bench = bench
    this.#plan = plan
    this.#random = new Random(bench.seed)
  }

  readonly forgivenWhenFailed = (error: unknown): void => {
    if (!this.#mayFail) throw error
    this.#forgiven = this.#seam.failedFlushes
  }

  /** Opens the log; an open whose flush was made to fail is tried once more. */
  async open(): Promise<PersistentLog> {
    this.#forgiven = this.#seam.failedFlushes
    try {
      return await openLogUnderTest(this.#bench.order)
    } catch (error) {
      this.forgivenWhenFailed(error)
      return openLogUnderTest(this.#bench.order)
    }
  }

  async session(log: PersistentLog): Promise<void> {
    const session = this.sessions.length
    const found = await observe(log)
    const verdict = matchOutcome(this.#last, found)
    if (verdict.state === undefined) throw new Unexplained(verdict.differences)
    const operations = this.#operations(verdict.state)
    this.sessions.push(operations)
    const [acknowledged, begun] = [new Set<number>(), new Set<number>()]
    this.#last = { base: verdict.state, operations, acknowledged, begun }
    this.#mark({ kind: 'opened', session, found })
    const inFlight = new Set<Promise<void>>()
    let isPoisoned = false
    for (const [at, operation] of operations.entries()) {
      while (inFlight.size >= (operation.alone === true ? 1 : WINDOW)) await Promise.race(inFlight)
      if (this.#mayFail) break
      this.#mark({ kind: 'began', session, at })
      begun.add(at)
      const isPaced = operation.kind === 'flush' && operation.paced === true
      const call: Promise<void> = (isPaced ? this.#pacedFlush() : perform(log, operation))
        .then(() => {
          this.#mark({ kind: 'acknowledged', session, at })
          acknowledged.add(at)
          this.acknowledgedInAll++
        })
        .catch((error: unknown) => {
          if (!this.#mayFail) throw error
          isPoisoned ||= poisons(operation)
        })
        .finally(() => inFlight.delete(call))
      inFlight.add(call)
    }
    await Promise.all(inFlight)
    if (isPoisoned) await this.#expectPoisoned(log, operations)
  }

  /** A flush failed under a write: what was shown is still read, and no write of any kind is taken any more. */
  async #expectPoisoned(log: PersistentLog, operations: Operation[]): Promise<void> {
    const session = this.sessions.length - 1
    const verdict = matchOutcome(this.#last, await observe(log))
    if (verdict.state === undefined)
      throw new Error(
        `behind a flush that failed it does not show what it had:\n${verdict.differences.join('\n')}`,
      )
    for (const operation of writesToRefuse(log, this.#plan.valueLength)) {
      if (mayBeFound(operation)) {
        const at = operations.push(operation) - 1
        this.#mark({ kind: 'began', session, at })
        this.#last = { ...this.#last, begun: new Set([...this.#last.begun, at]) }
      }
      const instead = await notPoisonedBy(log, operation)
      if (instead !== undefined) throw new Error(instead)
    }
  }

  /** What was to be flushed in the pace is flushed by now, or will never be. */
  async #pacedFlush(): Promise<void> {
    await sleep(2 * PACE_MS)
    for (let looks = 0; looks < IDLE_LOOKS;) {
      await sleep(PACE_MS)
      looks = this.#seam.recorder?.isIdle === true ? looks + 1 : 0
    }
  }

  get #mayFail(): boolean {
    return this.#seam.failedFlushes > this.#forgiven
  }

  #operations(base: Interrupted['base']): Operation[] {
    const { only, calls: count, valueLength, weakest } = this.#plan
    const label = `session ${this.sessions.length}`
    const { capabilities } = this.#bench
    const leastAsked = weakest ?? capabilities.survives.commit
    const order = { base, count, random: this.#random, capabilities, weakest: leastAsked, valueLength, label }
    if (only === 'batches') return planBatches(order)
    if (only === 'weak below checkpoints') return planBelowCheckpoints(order)
    if (only === 'weak in a pace') return planInPace(order)
    if (only === 'weak repeated') return planRepeated(order)
    if (only === 'weak batches') return planWeakBatches(order)
    const operations = planWorkload(order)
    return weakest === undefined ? operations : flushedOften(operations)
  }
}

/**
 * Few calls at a time are at the mercy of a power cut. What precedes a flush, the flush and what follows it are alone, so
 * that nothing else flushes by chance what the flush has to.
 */
function flushedOften(operations: readonly Operation[]): Operation[] {
  let weak = 0
  let followsFlush = false
  return operations.flatMap((operation): Operation[] => {
    if (isWeak(operation)) weak++
    const isLast = weak === MOST_WEAK
    const call = isLast || followsFlush ? { ...operation, alone: true } : operation
    followsFlush = isLast
    if (!isLast) return [call]
    weak = 0
    return [call, { kind: 'flush', alone: true }]
  })
}
