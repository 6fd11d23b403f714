import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { median, spreadOf, type CellResult, type Round } from './measures.js'
import type { PlannedCell } from './plan.js'
import { runInChild } from './run-in-child.js'
import type { TimeLimits } from './timing.js'

/** The next round may take longer than those before it. */
const SAFETY = 1.2

/** How a plan is run. */
export interface RunRequest {
  readonly cells: readonly PlannedCell[]
  readonly rounds: number
  readonly limits: TimeLimits
  /** Below it each round gets a directory of its own, which is removed. */
  readonly directory: string
  readonly workloadFiles: readonly string[]
  readonly timeoutMs: number
  /** No further round is begun that would probably end later than this after the start. */
  readonly budgetMs?: number | undefined
  /** Called before each round of a cell. */
  readonly onRound?: ((done: number, total: number, label: string) => void) | undefined
}

/**
 * Runs all cells once, then all once more, and so on: what drifts on the machine meanwhile hits all of them. A cell that
 * failed, or that does not apply, is not run again.
 */
export async function runCells(request: RunRequest): Promise<CellResult[]> {
  const { cells, rounds, onRound, budgetMs = Number.POSITIVE_INFINITY } = request
  const accounts = cells.map((cell) => new CellAccount(cell))
  const total = cells.length * rounds
  const start = performance.now()
  let done = 0
  for (let round = 0; round < rounds; round++) {
    for (const account of accounts) {
      const { backend, workload } = account.cell
      onRound?.(done, total, `${backend} ${workload.name}`)
      if (!account.isSettled) await account.runRound(request)
      done++
    }
    const perRound = (performance.now() - start) / (round + 1)
    if (perRound * (round + 2) * SAFETY > budgetMs) break
  }
  onRound?.(total, total, '')
  return accounts.map((account) => account.result())
}

/** What is known of one cell. */
class CellAccount {
  readonly cell: PlannedCell
  readonly #rounds: Round[] = []
  #end: { readonly outcome: 'failed' | 'not applicable'; readonly reason: string } | undefined

  constructor(cell: PlannedCell) {
    this.cell = cell
  }

  get isSettled(): boolean {
    return this.#end !== undefined
  }

  async runRound({ directory, limits, timeoutMs, workloadFiles }: RunRequest): Promise<void> {
    const { backend, workload } = this.cell
    const own = await mkdtemp(join(directory, 'cell-'))
    try {
      const cell = { backend, workload: workload.name, workloadFiles, directory: own, limits }
      const message = await runInChild(cell, timeoutMs)
      if (message.kind === 'measured') this.#rounds.push(message.round)
      else this.#end = { outcome: message.kind, reason: message.reason }
    } finally {
      await rm(own, { recursive: true, force: true })
    }
  }

  /** A failure in any round fails the cell: what the other rounds measured is not shown. */
  result(): CellResult {
    const { backend, workload } = this.cell
    const common = { backend, workload: workload.name, title: workload.title }
    if (this.#end) return { ...common, ...this.#end, rounds: [] }
    const figures = this.#rounds.map(({ nsPerOperation }) => nsPerOperation)
    return {
      ...common,
      outcome: 'measured',
      rounds: this.#rounds,
      medianNs: median(figures),
      spread: spreadOf(figures),
    }
  }
}
