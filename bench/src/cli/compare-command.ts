import { compareReports } from '../compare/compare-reports.js'
import { readReport } from '../compare/read-report.js'
import { textComparison } from '../report/text-report.js'
import type { Terminal } from './terminal.js'

/** Compares two runs. Returns the exit code: 1 when something became slower or fails now. */
export async function compare(beforeFile: string, afterFile: string, terminal: Terminal): Promise<number> {
  const comparisons = compareReports(await readReport(beforeFile), await readReport(afterFile))
  terminal.out(textComparison(comparisons))
  const isWorse = comparisons.some(({ verdict }) => verdict === 'slower' || verdict === 'newly failing')
  return isWorse ? 1 : 0
}
