import { median, type CellResult, type Latency } from '../../harness/measures.js'
import { MACHINE } from '../../machine/machine-subject.js'
import { entriesPerSecond, formatNs, formatRate } from '../format.js'
import type { Bar } from '../chart/bar-chart.js'

/** What was measured, to be asked by workload and subject. */
export class Cells {
  readonly #measured: readonly CellResult[]

  constructor(results: readonly CellResult[]) {
    this.#measured = results.filter(({ outcome }) => outcome === 'measured')
  }

  of(workload: string): readonly CellResult[] {
    return this.#measured.filter((cell) => cell.workload === workload)
  }

  find(backend: string, workload: string): CellResult | undefined {
    return this.of(workload).find((cell) => cell.backend === backend)
  }

  /** The subjects that ran any of the workloads, in the order of the run; the machine's limit last. */
  subjectsOf(workloads: readonly string[]): readonly string[] {
    const names = new Set(
      this.#measured.filter(({ workload }) => workloads.includes(workload)).map(({ backend }) => backend),
    )
    return [...names].sort((a, b) => Number(a === MACHINE) - Number(b === MACHINE))
  }

  /** A bar of entries per second for each subject. */
  rates(workload: string): Bar[] {
    return this.of(workload).map((cell) => {
      const value = entriesPerSecond(cell) ?? 0
      return { backend: cell.backend, value, label: formatRate(value), hint: hintOf(cell) }
    })
  }

  /** A bar of the time of an operation for each subject. */
  times(workload: string): Bar[] {
    return this.of(workload).map((cell) => {
      const value = cell.medianNs ?? 0
      return { backend: cell.backend, value, label: formatNs(value), hint: hintOf(cell) }
    })
  }
}

/** Time per entry in ns. */
export function nsPerEntry({ medianNs = 0, rounds }: CellResult): number {
  return medianNs / (rounds[0]?.entriesPerOperation ?? 1)
}

/** The distribution of latencies, each percentile the median over the rounds. */
export function typicalCurve({ rounds }: CellResult): Latency['curve'] {
  const [first] = rounds
  return (first?.latency.curve ?? []).map(([percentile], index) => [
    percentile,
    median(rounds.map(({ latency }) => latency.curve[index]?.[1] ?? 0)),
  ])
}

function hintOf({ workload, medianNs = 0, spread = 0, rounds }: CellResult): string {
  const steadiness =
    rounds.length === 1
      ? 'one round'
      : `median of ${rounds.length} rounds, spread ${Math.round(spread * 100)} %`
  return `${workload}: ${formatNs(medianNs)} per operation, ${steadiness}`
}
