import { mkdir, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { CaseContext } from '../running/case-context.js'
import type { OpenConfig } from '../running/target.js'
import { Unproven } from '../running/unproven.js'
import type { Bench, Recorded, StateChoice, StateReport, WorkloadPlan } from './messages.js'
import { recordTraced } from './record-traced.js'
import { StateProcess } from './state-process.js'

/** A workload, and which of its crash states are tried. */
export interface CrashExamination {
  /** Tells the recordings of a case apart: a part of what `--state` names. */
  readonly recording: number
  readonly plan: WorkloadPlan
  readonly choice: Omit<StateChoice, 'only'>
  /** What the log is opened with, besides. */
  readonly config?: Pick<OpenConfig, 'durability'>
  /** Follow the log by its system calls, instead of through `node:fs`. */
  readonly isTraced?: boolean
}

/** `recording:state`: what replays one state of a case. */
export interface ChosenState {
  readonly recording: number
  readonly state: number
}

/** Reads what `--state` asks for. */
export function chosenState(text: string | undefined): ChosenState | undefined {
  if (text === undefined) return undefined
  const match = /^(\d+):(\d+)$/.exec(text)
  if (match === null)
    throw new RangeError(`state: ${text} is none; it must be like 0:123, as a failure prints it`)
  return { recording: Number(match[1]), state: Number(match[2]) }
}

/** What an examination did. */
export interface CrashTotals extends Recorded {
  /** States that a crash may leave, and those of them over which a log was opened. */
  readonly possible: number
  readonly tried: number
}

/**
 * Records a workload in a child process and opens logs over its crash states in further ones. Throws at the first
 * finding.
 */
export async function examineCrashes(
  ctx: CaseContext,
  { recording, plan, choice, config, isTraced = false }: CrashExamination,
): Promise<CrashTotals> {
  const work = join(ctx.directory, `recording-${recording}`)
  await mkdir(join(work, 'place'), { recursive: true })
  const place = await realpath(join(work, 'place'))
  const bench: Bench = {
    place,
    order: ctx.strongestOrder({ ...config, directory: join(place, 'log') }),
    capabilities: ctx.capabilities,
    seed: ctx.seed + recording,
    traceFile: join(work, 'trace'),
  }
  const child = new StateProcess()
  try {
    const recorded = isTraced ? await recordTraced(bench, plan) : await record(child, bench, plan)
    if (recorded.incomplete !== undefined)
      throw new Unproven(`what it did cannot be followed: ${recorded.incomplete}`)
    const run = new StateRun(ctx, bench, plan, { ...choice, only: chosenState(ctx.state)?.state }, recording)
    const possible = await run.toTheEnd(child)
    return { ...recorded, possible, tried: run.tried }
  } finally {
    await child.kill()
    await rm(work, { recursive: true, force: true })
  }
}

/**
 * Records a workload, once more where the flush that was to fail is behind the last one: how many there are differs from
 * run to run.
 */
async function record(child: StateProcess, bench: Bench, plan: WorkloadPlan): Promise<Recorded> {
  child.tell({ kind: 'record', bench, plan })
  const recorded = await child.expect('recorded', 'failed')
  if (recorded.kind === 'failed') return expect.fail(recorded.finding)
  const failedFlush = plan.settings?.failedFlush
  if (failedFlush === undefined || recorded.failedFlushes > 0 || recorded.flushes === 0) return recorded
  await rm(bench.place, { recursive: true })
  await mkdir(bench.place)
  const settings = { ...plan.settings, failedFlush: failedFlush % recorded.flushes }
  return record(child, bench, { ...plan, settings })
}

class StateRun {
  tried = 0
  readonly #ctx: CaseContext
  readonly #bench: Bench
  readonly #plan: WorkloadPlan
  readonly #choice: StateChoice
  readonly #recording: number

  constructor(ctx: CaseContext, bench: Bench, plan: WorkloadPlan, choice: StateChoice, recording: number) {
    this.#ctx = ctx
    this.#bench = bench
    this.#plan = plan
    this.#choice = choice
    this.#recording = recording
  }

  /** Goes through all states that were chosen; returns how many are possible. */
  async toTheEnd(child: StateProcess): Promise<number> {
    child.tell({ kind: 'examine', bench: this.#bench, plan: this.#plan, choice: this.#choice })
    let now: Extract<StateReport, { kind: 'examining' }> | undefined
    for (;;) {
      const said = await child.next().catch((error: unknown) => this.#fail(now, `it hangs: ${String(error)}`))
      if (said === undefined) return this.#fail(now, `the process died: ${child.howItEnded()}`)
      if (said.kind === 'examining') now = said
      if (said.kind === 'examined') this.#count(said)
      if (said.kind === 'found') this.#fail(said, said.finding)
      if (said.kind === 'finished') return said.possible
    }
  }

  #count({ opened, acknowledged }: Extract<StateReport, { kind: 'examined' }>): void {
    const { tally } = this.#ctx
    this.tried++
    // A state of a recovery is a crash state too.
    tally.crashStates += Math.max(1, this.#choice.duringRecovery === undefined ? 1 : opened)
    tally.ackedVerified += acknowledged
  }

  #fail(at: { readonly state: number; readonly shown: string } | undefined, what: string): never {
    this.#ctx.tally.ackedLost++
    const replay = at === undefined ? '' : `--state ${this.#recording}:${at.state}`
    const where = at === undefined ? 'before the first state' : at.shown
    expect.fail(
      `crash state ${this.#recording}:${at?.state ?? '-'} (model ${this.#choice.model}, ${where}): ${what}\n` +
        `  replay: seed of this run, this case, ${replay}`,
    )
  }
}
