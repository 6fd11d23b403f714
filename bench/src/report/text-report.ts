import Table from 'cli-table3'
import type { Comparison } from '../compare/compare-reports.js'
import type { BenchReport } from '../harness/measures.js'
import { environmentRows } from './environment-rows.js'
import { digits, RESULT_COLUMNS, resultRows, TARGET_COLUMNS, targetRow } from './format.js'

/** A report for a terminal. */
export function textReport({ environment, results, targets }: BenchReport): string {
  const table = (head: readonly string[], rows: readonly string[][]): string => {
    const drawn = new Table({ head: [...head], style: { head: [], border: [] } })
    drawn.push(...rows)
    return drawn.toString()
  }
  return [
    environmentRows(environment)
      .map((row) => row.join(': '))
      .join('\n'),
    table(RESULT_COLUMNS, resultRows(results)),
    'p50 and p99 are those of the worst round; the spread is (largest - smallest) / median of the rounds.',
    table(TARGET_COLUMNS, targets.map(targetRow)),
  ].join('\n\n')
}

/** What changed between two runs. */
export function textComparison(comparisons: readonly Comparison[]): string {
  const table = new Table({
    head: ['backend', 'workload', 'now / before', 'in', 'p', 'verdict'],
    style: { head: [], border: [] },
  })
  for (const { backend, workload, by, ratio, p, verdict } of comparisons) {
    const show = (value: number | undefined): string => (value === undefined ? '-' : digits(value))
    table.push([backend, workload, show(ratio), by ?? '-', show(p), verdict])
  }
  return table.toString()
}
