import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { tooWeak } from '../subjects/log-subject.js'
import { openSubject } from '../subjects/open-subject.js'
import type { Subject } from '../subjects/subject.js'
import { Values } from '../values.js'
import type { Bed, Workload } from '../workloads/workload.js'
import { fill } from './fill.js'
import { flushAll } from './flush-all.js'
import type { Round } from './measures.js'
import { LatencyRecorder, timeStep, type TimeLimits } from './timing.js'
import { verifyContents } from './verify-contents.js'
import { leastWarmUpOf } from './warm-up.js'

/** One round of one workload on one subject. */
export interface CellRequest {
  readonly backend: string
  readonly workload: string
  /** Modules that export `workloads`, beside our own. */
  readonly workloadFiles: readonly string[]
  readonly directory: string
  /** Where a subject lies that was filled already; absent: the cell fills its own. */
  readonly filled?: string | undefined
  readonly limits: TimeLimits
}

/** How a round ended; an error never reaches this type, it fails the cell. */
export type CellOutcome =
  | { readonly kind: 'measured'; readonly round: Round }
  | { readonly kind: 'not applicable'; readonly reason: string }

/** Runs a round in this process: open, fill, warm up, measure, verify. Anything that goes wrong is thrown. */
export async function runCell(workload: Workload, request: CellRequest): Promise<CellOutcome> {
  const latencies = new LatencyRecorder()
  const bed = new OpenBed(workload, request, latencies)
  const subject = await bed.open()
  const reason = (subject.log && tooWeak(subject.log, workload.survives)) ?? workload.misses(subject)
  if (reason !== undefined) {
    await bed.close()
    return { kind: 'not applicable', reason }
  }
  await bed.stock()
  const step = await workload.begin(bed)
  const { warmUpMs = request.limits.warmUpMs, measureMs = request.limits.measureMs } = workload
  const limits = { ...request.limits, warmUpMs, measureMs }
  const timed = await timeStep(step, limits, latencies, {
    maxOperations: workload.maxOperations,
    mostMeasured: workload.mostMeasured,
    leastWarmUp: leastWarmUpOf(workload, step.entriesPerOperation),
    warmsUpBriefRuns: workload.warmsUpBriefRuns,
    userBytes: () => (bed.decided - workload.entries) * workload.valueBytes,
  })
  await step.end?.()
  const verified = await verifyContents(bed, workload.isReadOnly === true)
  await bed.close()
  if (bed.withdrawn !== undefined) return { kind: 'not applicable', reason: bed.withdrawn }
  return { kind: 'measured', round: { ...timed, ...bed.figures(), verified } }
}

class OpenBed implements Bed {
  readonly values: Values
  readonly entries: number
  readonly directory: string
  decided: number
  keptFrom = 0
  withdrawn: string | undefined
  readonly #workload: Workload
  readonly #backend: string
  readonly #filled: string | undefined
  readonly #latencies: LatencyRecorder
  readonly #figures: Record<string, number> = {}
  #home: string
  #subject: Subject | undefined

  constructor(workload: Workload, { backend, directory, filled }: CellRequest, latencies: LatencyRecorder) {
    this.values = new Values(workload.valueBytes)
    this.entries = workload.entries
    this.decided = workload.entries
    this.directory = directory
    this.#workload = workload
    this.#backend = backend
    this.#filled = filled
    this.#latencies = latencies
    this.#home = join(directory, 'subject')
    rmSync(this.#home, { recursive: true, force: true })
  }

  get subject(): Subject {
    if (this.#subject === undefined) throw new Error('the subject is closed')
    return this.#subject
  }

  get home(): string {
    return this.#home
  }

  get leftBehind(): string {
    if (this.#workload.beginsFrom !== 'killed' || this.#filled === undefined)
      throw new Error(`${this.#workload.name} does not begin from what a killed process left`)
    return this.#filled
  }

  /** Sees to the entries that the workload begins with. */
  async stock(): Promise<void> {
    const { beginsFrom, isReadOnly, entries } = this.#workload
    const filled = this.subject.isStored ? this.#filled : undefined
    if (beginsFrom === 'killed') return
    if (filled === undefined) {
      await fill(this.subject, this.values, entries)
      return
    }
    await this.close()
    if (isReadOnly !== true) {
      rmSync(this.#home, { recursive: true, force: true })
      cpSync(filled, this.#home, { recursive: true })
      flushAll(this.#home)
    }
    await this.open(isReadOnly ? filled : this.#home)
  }

  async open(directory: string = this.#home): Promise<Subject> {
    this.#home = directory
    this.#subject = await openSubject({
      name: this.#backend,
      directory,
      survives: this.#workload.survives,
      options: this.#workload.options,
    })
    return this.#subject
  }

  async close(): Promise<void> {
    const subject = this.#subject
    this.#subject = undefined
    await subject?.close()
  }

  record(latencyNs: number): void {
    this.#latencies.record(latencyNs)
  }

  withdraw(reason: string): void {
    this.withdrawn = reason
  }

  note(figure: string, value: number): void {
    this.#figures[figure] = value
  }

  figures(): Pick<Round, 'figures'> {
    return Object.keys(this.#figures).length > 0 ? { figures: this.#figures } : {}
  }
}
