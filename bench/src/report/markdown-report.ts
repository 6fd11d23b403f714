import type { BenchReport } from '../harness/measures.js'
import { environmentLines, RESULT_COLUMNS, resultRows, TARGET_COLUMNS, targetRow } from './format.js'

/** A report for a README. */
export function markdownReport({ environment, results, targets }: BenchReport): string {
  return [
    '## Results',
    environmentLines(environment)
      .map((line) => `- ${line}`)
      .join('\n'),
    table(RESULT_COLUMNS, resultRows(results)),
    '## Targets',
    table(TARGET_COLUMNS, targets.map(targetRow)),
    '',
  ].join('\n\n')
}

function table(head: readonly string[], rows: readonly string[][]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
