import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchReport } from '../harness/measures.js'
import { planCells } from '../harness/plan.js'
import { runCells } from '../harness/run-cells.js'
import { describeEnvironment } from '../machine/environment.js'
import { htmlReport } from '../report/html-report.js'
import { markdownReport } from '../report/markdown-report.js'
import { textReport } from '../report/text-report.js'
import { judgeTargets } from '../targets/judge-targets.js'
import { TARGETS } from '../targets/targets.js'
import { loadWorkloads } from '../workloads/load-workloads.js'
import type { Suite } from '../workloads/workload.js'
import { showProgress } from './progress.js'
import type { Terminal } from './terminal.js'

/** What the command line says. */
export interface BenchOptions {
  readonly quick?: boolean | undefined
  readonly suite: Suite | 'all'
  readonly backends: readonly string[]
  readonly workload: readonly string[]
  readonly workloadFile: readonly string[]
  readonly rounds?: number | undefined
  readonly measureMs?: number | undefined
  readonly directory?: string | undefined
  readonly json?: string | undefined
  readonly html?: string | undefined
  readonly markdown?: string | undefined
}

const QUICK = { rounds: 5, measureMs: 40 }
const FULL = { rounds: 5, measureMs: 400 }
/** Warm-up as a share of the measurement. */
const WARM_UP = 0.75
/** Fewer rounds on a slow machine rather than more than two minutes. */
const QUICK_BUDGET_MS = 110_000
/** A round that takes longer has hung: filling a million entries durably takes seconds. */
const QUICK_TIMEOUT_MS = 60_000
const FULL_TIMEOUT_MS = 300_000

/** Runs benchmarks and writes the reports asked for. Returns the exit code: 1 when a cell failed. */
export async function bench(options: BenchOptions, terminal: Terminal): Promise<number> {
  const isQuick = options.quick === true
  const scale = isQuick ? QUICK : FULL
  const measureMs = options.measureMs ?? scale.measureMs
  const workloads = await loadWorkloads(options.workloadFile)
  const cells = planCells(workloads, { ...options, isQuick, matching: options.workload })
  const directory = await mkdtemp(join(options.directory ?? tmpdir(), 'plog-bench-'))
  const progress = showProgress(terminal)
  try {
    const results = await runCells({
      cells,
      rounds: options.rounds ?? scale.rounds,
      limits: { measureMs, warmUpMs: measureMs * WARM_UP },
      directory,
      workloadFiles: options.workloadFile,
      timeoutMs: isQuick ? QUICK_TIMEOUT_MS : FULL_TIMEOUT_MS,
      budgetMs: isQuick ? QUICK_BUDGET_MS : undefined,
      onRound: (done, total, label) => progress.onRound(done, total, label),
    })
    progress.stop()
    const environment = describeEnvironment(directory, results)
    const report: BenchReport = { format: 1, environment, results, targets: judgeTargets(TARGETS, results) }
    terminal.out(textReport(report))
    if (options.json) await writeFile(options.json, `${JSON.stringify(report, undefined, 1)}\n`)
    if (options.html) await writeFile(options.html, htmlReport(report))
    if (options.markdown) await writeFile(options.markdown, markdownReport(report))
    const failed = results.filter(({ outcome }) => outcome === 'failed')
    for (const { backend, workload, reason } of failed)
      terminal.err(`FAILED ${backend} ${workload}: ${reason}`)
    return failed.length === 0 ? 0 : 1
  } finally {
    progress.stop()
    await rm(directory, { recursive: true, force: true })
  }
}
