import { cp, realpath, rm, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { Child } from '../crash/child.js'
import { Expectation } from '../crash/expectation.js'
import { drawMoment, KillRun, WINDOW } from '../crash/kill-run.js'
import type { Operation } from '../crash/operation.js'
import { Oracle } from '../crash/oracle.js'
import { planWorkload } from '../crash/workload.js'
import type { CaseContext } from '../running/case-context.js'
import { Random } from '../running/random.js'
import type { OpenOrder } from '../running/target.js'
import { CALLS, faultText, injection, isFlush, namesOf, type Fault, type Phase } from './fault.js'
import { flushingDescriptors } from './flushing-descriptors.js'
import { earlyAcknowledgements } from './flush-order.js'
import { liveThrough } from './live-through.js'
import { Strace } from './strace.js'
import { surveyOf, type Survey } from './survey.js'
import { parseTrace, type TracedCall } from './trace.js'

/** strace counts per thread: with one thread in the pool, one count is one place. */
const ONE_POOL_THREAD = { UV_THREADPOOL_SIZE: '1' }

/** Calls of the workload, which is the same in every run: long enough for a checkpoint and a compaction. */
const WORKLOAD_CALLS: Readonly<Record<Phase, number>> = { creation: 8, recovery: 8, load: 40 }

/** More than a page: an engine that writes whole pages shows all of their bytes. */
const SHOWN_BYTES = 262_144

/** Each flush begins 5 ms later than it is asked for: whoever does not wait for it is seen not to. */
const SLOW_FLUSHES = 'inject=?fdatasync,?fsync,?msync,?syncfs:delay_enter=5000'

interface LifeOrder {
  readonly phase: Phase
  readonly fault?: Fault | undefined
  /** Trace every call with all of its bytes. */
  readonly whole?: boolean
  /** Calls that may be in flight. */
  readonly window?: number | undefined
}

/** What was traced of a phase, and the calls that the log was asked for in it. */
export interface Lived {
  readonly calls: readonly TracedCall[]
  readonly operations: readonly Operation[]
  readonly wasKilled: boolean
  /** Descriptors that flushed what was written through them, as the trace began. */
  readonly writesThrough: ReadonlySet<string>
}

/** Lets the same phase of a log's life run again and again, with one system call failing at a time. */
export class FaultRun {
  readonly #ctx: CaseContext
  readonly #place: string
  readonly #order: OpenOrder
  readonly #surveys = new Map<Phase, Survey>()
  #crashed: { readonly files: string; readonly expectation: Expectation } | undefined
  #checker: Child | undefined
  #runs = 0

  private constructor(ctx: CaseContext, place: string) {
    this.#ctx = ctx
    this.#place = place
    this.#order = ctx.strongestOrder({ directory: join(place, 'log') })
  }

  /** Hands a run over; every process that it started is gone afterwards. */
  static async use<T>(ctx: CaseContext, act: (run: FaultRun) => Promise<T>): Promise<T> {
    // strace compares paths as the kernel tells them.
    const run = new FaultRun(ctx, await realpath(await ctx.freshDirectory()))
    try {
      return await act(run)
    } finally {
      await run.#checker?.kill()
    }
  }

  /** The phase without a fault; made once. */
  async survey(phase: Phase): Promise<Survey> {
    const known = this.#surveys.get(phase)
    if (known) return known
    const { calls } = await this.#live({ phase })
    const survey = surveyOf(calls, this.#order.config.directory ?? '')
    this.#surveys.set(phase, survey)
    return survey
  }

  /** A phase of load without a fault, with all that was written, and so many calls in flight. */
  whole(window: number): Promise<Lived> {
    return this.#live({ phase: 'load', whole: true, window })
  }

  /**
   * The phase with one fault; false when nothing was hit. Fails when the log broke its promise over it. Where a flush
   * failed, no call may be acknowledged that only a later one could cover.
   */
  async attempt(fault: Fault): Promise<boolean> {
    this.#ctx.tally.faultsTried++
    const whole = fault.phase === 'load' && isFlush(fault.call)
    const { calls, operations, wasKilled, writesThrough } = await this.#live({
      phase: fault.phase,
      fault,
      whole,
    })
    // Only strace sends that signal before the child is done.
    const isHit = fault.failure === 'SIGKILL' ? wasKilled : calls.some(({ injected }) => injected)
    if (isHit) this.#ctx.tally.faultsHit++
    const early = whole ? earlyAcknowledgements(calls, operations, writesThrough) : []
    if (early.length > 0) {
      expect.fail(
        `${faultText(fault)}: acknowledged although no flush proves their bytes:\n${early.join('\n')}`,
      )
    }
    return isHit
  }

  async #live({ phase, fault, whole = false, window = WINDOW }: LifeOrder): Promise<Lived> {
    // A survey lives through the phase itself: before the files are laid out for this life.
    const survey = fault && (await this.survey(phase))
    const expectation = await this.#prepare(phase)
    const child = new Child(ONE_POOL_THREAD)
    let operations: readonly Operation[] = []
    try {
      child.tell({ kind: 'import', backend: this.#order.backend })
      await child.expect('imported')
      if (phase === 'load') expectation.check((await child.open(this.#order)).found)
      const strace = await Strace.attach(child.pid, {
        calls: (fault && !whole ? [fault.call] : CALLS).flatMap(namesOf),
        // A map in memory has no path, and nothing but a log flushes one.
        paths: whole || fault?.call === 'msync' ? undefined : survey?.paths,
        inject: fault ? injection(fault) : whole ? SLOW_FLUSHES : undefined,
        shownBytes: whole ? SHOWN_BYTES : 0,
        file: join(this.#place, `trace-${++this.#runs}`),
      })
      const writesThrough = await flushingDescriptors(child.pid)
      const { wasKilled } = await liveThrough(child, {
        order: phase === 'load' ? undefined : this.#order,
        plan: (state) => (operations = this.#plan(phase, state)),
        mayBeKilled: fault?.failure === 'SIGKILL',
        mayFail: fault !== undefined,
        poisons: whole && fault?.failure === 'EIO',
        window,
        expectation,
      })
      if (wasKilled) this.#ctx.tally.kills++
      await this.#verify(expectation, fault === undefined ? 'a run without a fault' : faultText(fault))
      return { calls: parseTrace(await strace.trace()), operations, wasKilled, writesThrough }
    } finally {
      await child.kill()
    }
  }

  /** The log's directory as the phase begins. */
  async #prepare(phase: Phase): Promise<Expectation> {
    const directory = this.#order.config.directory ?? ''
    if (phase === 'recovery') this.#crashed ??= await this.#crash()
    await rm(directory, { recursive: true, force: true })
    if (phase !== 'recovery' || this.#crashed === undefined) {
      return new Expectation(this.#ctx.tally, new Oracle(this.#order.config.firstSlot))
    }
    await cp(this.#crashed.files, directory, { recursive: true })
    return this.#crashed.expectation.copy()
  }

  /** A log whose process was killed: the files that every recovery begins with. */
  async #crash(): Promise<{ readonly files: string; readonly expectation: Expectation }> {
    const files = join(this.#place, 'crashed')
    await mkdir(files)
    const run = new KillRun(this.#ctx, { directory: files })
    const { random, capabilities } = this.#ctx
    const count = 40
    const plan = { count, random, capabilities, valueLength: 40, label: 'before' }
    await run.killDuring((base) => planWorkload({ ...plan, base }), drawMoment(random, count))
    return { files, expectation: run.expectation }
  }

  #plan(phase: Phase, base: Oracle): readonly Operation[] {
    const { capabilities, seed } = this.#ctx
    const count = WORKLOAD_CALLS[phase]
    // Chance of its own: each run makes the same calls.
    return planWorkload({
      base,
      count,
      random: new Random(seed),
      capabilities,
      valueLength: 40,
      label: phase,
    })
  }

  /** Without faults the log opens, holds what it acknowledged, and goes on; nothing that was absent comes back. */
  async #verify(expectation: Expectation, after: string): Promise<void> {
    const checker = (this.#checker ??= new Child())
    try {
      const { found, recovery } = await checker.open(this.#order)
      expectation.check(found, recovery, after)
      const more = this.#plan('creation', expectation.state)
      checker.tell({ kind: 'run', operations: more, window: 1 })
      for (const at of more.keys()) {
        await checker.expect('will')
        expect((await checker.expect('did')).at).to.equal(at)
      }
      await checker.expect('ran')
      expectation.interrupt(more, { acknowledged: new Set(more.keys()), begun: new Set(more.keys()) })
      await checker.close()
      const again = await checker.open(this.#order)
      expectation.check(again.found, again.recovery, `${after}, and going on`)
      await checker.close()
    } catch (error) {
      this.#checker = undefined
      await checker.kill()
      throw error
    }
  }
}
