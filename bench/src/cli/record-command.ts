import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { htmlReport } from '../report/html-report.js'
import { jsonReport } from '../report/json-report.js'
import { textReport } from '../report/text-report.js'
import { measureAll, tellFailures, writeAll, type BenchOptions } from './bench-command.js'
import { freeName, RECORD_JOURNAL, RESULTS_FOLDER } from './results-folder.js'
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
  await mkdir(folder, { recursive: true })
  const report = await measureAll(
    { suite: 'all', workload: [], workloadFile: [], budgetMs: BUDGET_MS, ...options, resume },
    terminal,
  )
  const name = freeName(folder, report.environment)
  const written = await writeAll(terminal, [
    [`${name}.json`, () => jsonReport(report)],
    [`${name}.html`, () => htmlReport(report)],
  ])
  if (written === 0) await rm(resume)
  terminal.out(textReport(report))
  terminal.out(`kept in ${name}.json and ${name}.html`)
  return Math.max(tellFailures(report, terminal), written)
}
