import { canFail, faultText, isFlush, parseFault, PHASES, type Failure, type Fault } from '../faults/fault.js'
import { FaultRun } from '../faults/fault-run.js'
import type { CaseContext } from '../running/case-context.js'
import { Unproven } from '../running/unproven.js'
import { needsReopen, type Case } from './case.js'
import { reasonOf } from '../running/reason.js'

/** Hundreds of processes, each traced: only what hangs takes so long, in ms. */
const FAULTS_TIMEOUT_MS = 3_600_000

/** So many faults that broke a promise are enough to tell them apart. */
const MOST_BROKEN = 10

const WHAT: Readonly<Record<Failure, string>> = {
  EIO: 'fails with EIO',
  ENOSPC: 'fails with ENOSPC',
  EINTR: 'fails with EINTR',
  SIGKILL: 'is the last thing that the process does',
}

/** What all cases here have in common. */
function faultCase(
  id: string,
  title: string,
  plan: (ctx: CaseContext, run: FaultRun, findings: Findings) => Promise<void>,
): Case {
  return {
    id,
    title,
    requires: needsReopen,
    tier: 2,
    spawns: true,
    timeoutMs: FAULTS_TIMEOUT_MS,
    run: (ctx) =>
      FaultRun.use(ctx, async (run) => {
        const findings = new Findings(run)
        if (ctx.state === undefined) await plan(ctx, run, findings)
        else await findings.attempt(parseFault(ctx.state))
        findings.conclude()
      }),
  }
}

/** Single system calls fail, one by one: no acknowledged write is lost, no call hangs, no process dies of it. */
export const systemCallCases: readonly Case[] = [
  faultCase(
    'fault.failed-flush-proves-nothing',
    'acknowledges nothing over a flush that failed, and nothing that only a later flush could cover',
    (ctx, run, findings) => failedFlushes(ctx, run, findings),
  ),
  ...(Object.keys(WHAT) as Failure[]).map((failure) =>
    faultCase(
      `fault.each-syscall-${failure.toLowerCase()}-until-none`,
      `holds what it acknowledged whichever system call ${WHAT[failure]}: at creation, in recovery, under load`,
      async (ctx, run, findings) => {
        if (ctx.budgets.faults === undefined) return untilNone(run, failure, findings)
        for (const fault of await sample(ctx, run, failure)) await findings.attempt(fault)
      },
    ),
  ),
]

/** Flushes under load, from the first on, as many as the budget allows. */
async function failedFlushes(ctx: CaseContext, run: FaultRun, findings: Findings): Promise<void> {
  const { counts } = await run.survey('load')
  for (const call of [...counts.keys()].filter(isFlush)) {
    let nth = 1
    const more = async (): Promise<boolean> =>
      nth <= (ctx.budgets.faults ?? Infinity) &&
      (await findings.attempt({ phase: 'load', call, failure: 'EIO', nth }))
    while (await more()) nth++
  }
}

/** What the attempts have shown so far. */
class Findings {
  readonly #run: FaultRun
  readonly #broken: string[] = []
  #hits = 0

  constructor(run: FaultRun) {
    this.#run = run
  }

  get areEnough(): boolean {
    return this.#broken.length >= MOST_BROKEN
  }

  /** False when nothing was hit. */
  async attempt(fault: Fault): Promise<boolean> {
    if (this.areEnough) return false
    try {
      const isHit = await this.#run.attempt(fault)
      if (isHit) this.#hits++
      return isHit
    } catch (error) {
      const message = reasonOf(error)
      this.#broken.push(`${message}\n  this fault alone: --state ${faultText(fault)}`)
      return true
    }
  }

  conclude(): void {
    if (this.#broken.length > 0) throw new Error(this.#broken.join('\n'))
    if (this.#hits === 0) throw new Unproven('no system call failed: strace hit none')
  }
}

/** The first call of each kind, the second, and so on, until there is none left to fail. */
async function untilNone(run: FaultRun, failure: Failure, findings: Findings): Promise<void> {
  for (const phase of PHASES) {
    const { counts } = await run.survey(phase)
    for (const call of [...counts.keys()].filter((each) => canFail(each, failure))) {
      let nth = 1
      while (await findings.attempt({ phase, call, failure, nth })) nth++
    }
  }
}

/** As many faults as the budget allows, each phase and kind of call as likely as any other. */
async function sample(ctx: CaseContext, run: FaultRun, failure: Failure): Promise<Fault[]> {
  const faults: Fault[] = []
  for (let at = 0; at < (ctx.budgets.faults ?? 0); at++) {
    const phase = PHASES[at % PHASES.length] ?? 'load'
    const counts = [...(await run.survey(phase)).counts].filter(([call]) => canFail(call, failure))
    const [call, most] = counts[ctx.random.below(counts.length)] ?? []
    if (call !== undefined && most !== undefined) {
      faults.push({ phase, call, failure, nth: 1 + ctx.random.below(most) })
    }
  }
  return faults
}
