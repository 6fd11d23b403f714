import { compareReports, differences, summarise } from '../compare/compare-reports.js'
import { readReport } from '../compare/read-report.js'
import { textComparison } from '../report/text-report.js'
import type { Terminal } from './terminal.js'

/** Compares two runs. Returns the exit code: 1 when something became worse, or when nothing could be judged. */
export async function compare(beforeFile: string, afterFile: string, terminal: Terminal): Promise<number> {
  const [before, after] = [await readReport(beforeFile), await readReport(afterFile)]
  const comparisons = compareReports(before, after)
  terminal.out(textComparison(comparisons))
  for (const difference of differences(before, after)) terminal.out(`DIFFERENT: ${difference}`)
  const { judged, cells, isWorse } = summarise(comparisons)
  terminal.out(`judged ${judged} of ${cells} cells`)
  return isWorse || judged === 0 ? 1 : 0
}
