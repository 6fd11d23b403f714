import type { BenchReport } from '../harness/measures.js'
import { environmentRows } from './environment-rows.js'
import { RESULT_COLUMNS, resultRows, TARGET_COLUMNS, targetRow } from './format.js'
import { markdownTable } from './markdown-table.js'

/** A report for a README. */
export function markdownReport({ environment, results, targets }: BenchReport): string {
  return [
    '## Results',
    environmentRows(environment)
      .map((row) => `- ${row.join(': ')}`)
      .join('\n'),
    markdownTable(RESULT_COLUMNS, resultRows(results)),
    '## Targets',
    markdownTable(TARGET_COLUMNS, targets.map(targetRow)),
    '',
  ].join('\n\n')
}
