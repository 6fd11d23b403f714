import { mkdir, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { ForkedProcess } from '../crash/forked-process.js'
import type { Bench, WorkloadPlan } from '../crash-states/messages.js'
import type { CaseContext } from '../running/case-context.js'
import type { CorruptionTally } from '../running/tally.js'
import type { DamageChoice, DamageCommand, DamageReport } from './messages.js'

const WORKER = new URL('./worker.js', import.meta.url)

/** So many findings are enough. */
const MOST_FINDINGS = 20

/** At least so many times more where a log is too small. */
const MORE_CALLS = 1.3

class DamageProcess extends ForkedProcess<DamageCommand, DamageReport> {
  constructor() {
    super(WORKER)
  }
}

/** What an examination did. */
export interface DamageTotals {
  /** Size of the log's files, in bytes. */
  readonly bytes: number
  readonly isFollowed: boolean
  readonly possible: number
  readonly tried: number
}

/** The log that is damaged. */
export interface Sample {
  readonly plan: WorkloadPlan
  /** There are more calls than in the plan if its files have less, in bytes. */
  readonly leastBytes: number
}

/** Reads what `--state` asks for. */
function chosenDamage(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text))
    throw new RangeError(`state: ${text} is none; it must be a number, as a failure prints it`)
  return Number(text)
}

/**
 * Makes a log in a child process, closes it, and opens it over damage of all kinds that are chosen, each on its own.
 * Throws when anything was silent, wrong or deadly.
 */
export async function examineDamage(
  ctx: CaseContext,
  sample: Sample,
  choice: DamageChoice,
): Promise<DamageTotals> {
  const work = join(ctx.directory, 'damage')
  await mkdir(join(work, 'place'), { recursive: true })
  const place = await realpath(join(work, 'place'))
  const order = ctx.order({ directory: join(place, 'log') })
  const { capabilities, seed } = ctx
  const bench: Bench = { place, order, capabilities, seed, traceFile: join(work, 'sample') }
  const run = new DamageRun(ctx.tally.corruption, bench, { ...choice, only: chosenDamage(ctx.state) })
  try {
    const made = await run.make(sample)
    await run.toTheEnd()
    if (run.findings.length > 0) expect.fail(run.summary())
    return { ...made, possible: run.possible, tried: run.tried }
  } finally {
    await run.end()
    await rm(work, { recursive: true, force: true })
  }
}

class DamageRun {
  readonly findings: string[] = []
  possible = 0
  tried = 0
  readonly #tally: CorruptionTally
  readonly #bench: Bench
  readonly #choice: DamageChoice
  readonly #counts: CorruptionTally = { ok: 0, located: 0, silent: 0, wrong: 0, dead: 0 }
  #child = new DamageProcess()

  constructor(tally: CorruptionTally, bench: Bench, choice: DamageChoice) {
    this.#tally = tally
    this.#bench = bench
    this.#choice = choice
  }

  async make({ plan, leastBytes }: Sample): Promise<Extract<DamageReport, { kind: 'made' }>> {
    this.#child.tell({ kind: 'make', bench: this.#bench, plan })
    const made = await this.#child.expect('made')
    if (made.bytes === 0 || made.bytes >= leastBytes) return made
    const factor = Math.max(MORE_CALLS, leastBytes / made.bytes)
    return this.make({ plan: { ...plan, calls: Math.ceil(plan.calls * factor) }, leastBytes })
  }

  async toTheEnd(): Promise<void> {
    let behind: number | undefined
    do {
      behind = await this.#untilDeath(behind)
      if (behind !== undefined) this.#child = new DamageProcess()
    } while (behind !== undefined && this.findings.length < MOST_FINDINGS)
  }

  async end(): Promise<void> {
    await this.#child.kill()
  }

  summary(): string {
    const { ok, located, silent, wrong, dead } = this.#counts
    return (
      `of ${this.tried} times that its files were damaged, ${silent} were silent, ${wrong} wrong and ${dead} deadly ` +
      `(${located} located, ${ok} harmless):\n${this.findings.join('\n')}`
    )
  }

  /** Goes on until all is done, or the child dies; then returns of what. */
  async #untilDeath(behind: number | undefined): Promise<number | undefined> {
    const child = this.#child
    child.tell({ kind: 'damage', bench: this.#bench, choice: { ...this.#choice, behind } })
    let now: Extract<DamageReport, { kind: 'opening' }> | undefined
    for (;;) {
      const said = await child.next().catch(async (error: unknown) => {
        await child.kill()
        return `it hangs: ${String(error)}`
      })
      if (said === undefined || typeof said === 'string') {
        if (now === undefined) throw new Error(`the child did not begin: ${said ?? child.howItEnded()}`)
        this.#count('dead', now, said ?? child.howItEnded())
        return now.damage
      }
      if (said.kind === 'opening') now = said
      if (said.kind === 'opened') this.#count(said.consequence, said, said.evidence)
      if (this.findings.length >= MOST_FINDINGS) return undefined
      if (said.kind !== 'finished') continue
      this.possible = said.possible
      return undefined
    }
  }

  #count(
    what: keyof CorruptionTally,
    { damage, shown }: { readonly damage: number; readonly shown: string },
    evidence: string,
  ): void {
    this.tried++
    this.#tally[what]++
    this.#counts[what]++
    if (what === 'ok' || what === 'located') return
    this.findings.push(
      `  ${what}: ${shown}: ${evidence} (replay: seed of this run, this case, --state ${damage})`,
    )
  }
}
