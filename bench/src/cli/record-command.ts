import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { htmlReport } from '../report/html-report.js'
import { jsonReport } from '../report/json-report.js'
import { textReport } from '../report/text-report.js'
import { measureAll, tellFailures, type BenchOptions } from './bench-command.js'
import { RECORD_JOURNAL, resultName, RESULTS_FOLDER } from './results-folder.js'
import type { Terminal } from './terminal.js'

/** Three rounds of everything, and five of what a promise rests on: what is kept is read by many. */
const BUDGET_MS = 50 * 60_000

/**
 * Runs everything and keeps it in `bench/results`. An interrupted run goes on where it was. Returns the exit code: 1 when
 * a cell failed; that is kept too, for all to see.
 */
export async function record(
  terminal: Terminal,
  options: Partial<BenchOptions> = {},
  folder: string = RESULTS_FOLDER,
): Promise<number> {
  const resume = options.resume ?? RECORD_JOURNAL
  await mkdir(dirname(resume), { recursive: true })
  const report = await measureAll(
    { suite: 'all', workload: [], workloadFile: [], budgetMs: BUDGET_MS, ...options, resume },
    terminal,
  )
  const name = join(folder, resultName(report.environment))
  await mkdir(folder, { recursive: true })
  await writeFile(`${name}.json`, jsonReport(report))
  await writeFile(`${name}.html`, htmlReport(report))
  await rm(resume)
  terminal.out(textReport(report))
  terminal.out(`kept in ${name}.json and ${name}.html`)
  return tellFailures(report, terminal)
}
