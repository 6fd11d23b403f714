import { readFile } from 'node:fs/promises'
import type { BenchReport } from '../harness/measures.js'
import { judgeTargets } from '../targets/judge-targets.js'
import { TARGETS } from '../targets/targets.js'

/** Reads what `--json` wrote. */
export async function readReport(file: string): Promise<BenchReport> {
  const content: unknown = JSON.parse(await readFile(file, 'utf8'))
  if (!isReport(content)) throw new Error(`${file} is no report of this benchmark (format 1)`)
  // Their rounds are all there. The verdicts beside them may be those of another way to judge.
  return { ...content, targets: judgeTargets(TARGETS, content.results) }
}

function isReport(content: unknown): content is BenchReport {
  if (typeof content !== 'object' || content === null) return false
  const { format, results } = content as Partial<BenchReport>
  return format === 1 && Array.isArray(results)
}
