import type { CellMessage } from './cell-child.js'
import { median, spreadOf, type CellResult, type Round } from './measures.js'
import type { PlannedCell } from './plan.js'
import { waitsFor } from './waits-for.js'

/** What is known of one cell while a run goes on. */
export class CellAccount {
  readonly cell: PlannedCell
  readonly #rounds: Round[] = []
  #end: { readonly outcome: 'failed' | 'not applicable'; readonly reason: string } | undefined
  #most: number
  #tookMs: number | undefined

  constructor(cell: PlannedCell, rounds: number) {
    this.cell = cell
    this.#most = Math.min(rounds, cell.workload.rounds ?? rounds)
  }

  /** How many rounds it gets. */
  get rounds(): number {
    return this.#most
  }

  /** There is no time for more than these. */
  endAfter(rounds: number): void {
    this.#most = Math.min(this.#most, rounds)
  }

  get label(): string {
    return `${this.cell.backend} ${this.cell.workload.name}`
  }

  /** True when no further round is run: it failed, or does not apply. */
  get isSettled(): boolean {
    return this.#end !== undefined
  }

  get roundsDone(): number {
    return this.#rounds.length
  }

  /** How long its last round took, start of the process and verification included. */
  get tookMs(): number | undefined {
    return this.#tookMs
  }

  /** How long a round will probably take; 0 when it has none left. */
  expectedMs(round: number): number {
    return this.isSettled || round >= this.rounds ? 0 : (this.#tookMs ?? 0)
  }

  add(message: CellMessage, tookMs?: number): void {
    this.#tookMs = tookMs ?? this.#tookMs
    if (message.kind === 'measured') this.#rounds.push(message.round)
    else this.#end = { outcome: message.kind, reason: message.reason }
  }

  /** A failure in any round fails the cell: what the other rounds measured is not shown. */
  result(): CellResult {
    const { backend, workload } = this.cell
    const common = {
      backend,
      workload: workload.name,
      title: workload.title,
      waitsFor: waitsFor(backend, workload),
    }
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
