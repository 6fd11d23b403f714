import { readFile } from 'node:fs/promises'
import type { BenchReport } from '../harness/measures.js'
import { judgeTargets } from '../targets/judge-targets.js'
import { TARGETS } from '../targets/targets.js'

/** Reads what `--json` wrote, now or by the format before. */
export async function readReport(file: string): Promise<BenchReport> {
  const content: unknown = JSON.parse(await readFile(file, 'utf8'))
  const { format, environment, results, targets } = (content ?? {}) as Stored
  if (!Array.isArray(results) || (format !== 1 && format !== 2))
    throw new Error(`${file} is no report of this benchmark (format 1 or 2)`)
  if (format === 2) return { format, environment, results, targets }
  // Its verdicts are those of another way to judge; the rounds that they rest on are all there.
  const isQuick = String(environment['arguments']).includes('--quick')
  return { format: 2, environment, results, targets: judgeTargets(TARGETS, results, { isQuick }) }
}

/** A file of either format: the targets of the first are not looked at. */
type Stored = Omit<BenchReport, 'format'> & { readonly format?: unknown }
