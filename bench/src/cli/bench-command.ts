import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import process from 'node:process'
import { Journal } from '../harness/journal.js'
import type { BenchReport } from '../harness/measures.js'
import { planCells } from '../harness/plan.js'
import { runCells } from '../harness/run-cells.js'
import { changesSinceCommit, commitName } from '../machine/code-state.js'
import { cpuName, describeEnvironment, fileSystemOf } from '../machine/environment.js'
import { notDurable } from '../machine/file-system.js'
import { htmlReport } from '../report/html-report.js'
import { jsonReport } from '../report/json-report.js'
import { markdownReport } from '../report/markdown-report.js'
import { isPublished } from '../report/readme-tables.js'
import { textReport } from '../report/text-report.js'
import { prepareSubjects } from '../subjects/prepare-subjects.js'
import { judgeTargets } from '../targets/judge-targets.js'
import { isPromised, PAIRS, TARGETS } from '../targets/targets.js'
import { loadWorkloads } from '../workloads/load-workloads.js'
import type { Suite } from '../workloads/workload.js'
import { checkBackends, checkPlan, checkWritable } from './check-request.js'
import { showProgress } from './progress.js'
import { scaleOf } from './scale.js'
import { inScratchDirectory } from './scratch-directory.js'
import type { Terminal } from './terminal.js'

/** What the command line says. */
export interface BenchOptions {
  readonly quick?: boolean | undefined
  readonly suite: Suite | 'all'
  readonly backends?: readonly string[] | undefined
  readonly workload: readonly string[]
  readonly workloadFile: readonly string[]
  readonly rounds?: number | undefined
  readonly measureMs?: number | undefined
  /** Instead of what the scale allows. */
  readonly budgetMs?: number | undefined
  readonly directory?: string | undefined
  readonly resume?: string | undefined
  readonly profiles?: string | undefined
  readonly json?: string | undefined
  readonly html?: string | undefined
  readonly markdown?: string | undefined
}

/** Runs benchmarks and writes the reports asked for. Returns the exit code: 1 when a cell failed. */
export async function bench(options: BenchOptions, terminal: Terminal): Promise<number> {
  const { json, html, markdown } = options
  checkWritable([json, html, markdown])
  const report = await measureAll(options, terminal)
  terminal.out(textReport(report))
  const written = await writeAll(terminal, [
    [json, () => jsonReport(report)],
    [html, () => htmlReport(report)],
    [markdown, () => markdownReport(report)],
  ])
  return Math.max(tellFailures(report, terminal), written)
}

/** Writes the reports that have a file; a failure is told, and keeps none of the others. Returns the exit code. */
export async function writeAll(
  terminal: Terminal,
  reports: readonly (readonly [file: string | undefined, make: () => string])[],
): Promise<number> {
  let exitCode = 0
  for (const [file, make] of reports) {
    if (file === undefined) continue
    try {
      await writeFile(file, make())
    } catch (error) {
      terminal.err(`${file} could not be written: ${error instanceof Error ? error.message : String(error)}`)
      exitCode = 1
    }
  }
  return exitCode
}

/** Runs what the command line asks for. */
export async function measureAll(options: BenchOptions, terminal: Terminal): Promise<BenchReport> {
  const isQuick = options.quick === true
  const scale = scaleOf(options)
  const workloads = await loadWorkloads(options.workloadFile)
  const backends = checkBackends(options.backends ?? scale.backends)
  const cells = planCells(workloads, {
    ...options,
    backends,
    isQuick,
    matching: options.workload,
    isPromised: (backend, workload) => isPromised(backend, workload) || isPublished(backend, workload),
  })
  checkPlan(workloads, options.workload, cells)
  const unavailable = await prepareSubjects(backends, (line) => terminal.err(line))
  const { measureMs, warmUpMs } = scale.limits
  const journal = options.resume
    ? new Journal(options.resume, {
        commit: commitName(),
        changes: changesSinceCommit(),
        node: process.version,
        cpu: cpuName(),
        fileSystem: fileSystemOf(options.directory ?? tmpdir()),
        quick: String(isQuick),
        profiled: String(options.profiles !== undefined),
        measureMs,
        warmUpMs,
      })
    : undefined
  return inScratchDirectory(options.directory ?? tmpdir(), async (directory) => {
    const warning = notDurable(directory)
    if (warning !== undefined) terminal.err(`WARNING: ${warning}`)
    const progress = showProgress(terminal)
    try {
      const results = await runCells({
        ...scale,
        cells,
        pairs: PAIRS,
        directory,
        workloadFiles: options.workloadFile,
        journal,
        unavailable,
        profiles: options.profiles,
        onRound: (now) => progress.onRound(now),
      })
      const isNotDurable = warning !== undefined
      const environment = describeEnvironment(directory, results, argumentsOf(options))
      return {
        format: 2,
        environment,
        results,
        targets: judgeTargets(TARGETS, results, { isQuick, isNotDurable }),
      }
    } finally {
      progress.stop()
    }
  })
}

/** What decides about the figures, as it is typed. */
function argumentsOf(options: BenchOptions): string[] {
  const { quick, suite, backends, workload, rounds, measureMs } = options
  return [
    ...(quick ? ['--quick'] : []),
    ...(suite === 'all' ? [] : ['--suite', suite]),
    ...(backends ? ['--backends', backends.join(',')] : []),
    ...(workload.length > 0 ? ['--workload', workload.join(',')] : []),
    ...(rounds ? ['--rounds', `${rounds}`] : []),
    ...(measureMs ? ['--measure-ms', `${measureMs}`] : []),
  ]
}

/** Names every failed cell. Returns the exit code. */
export function tellFailures({ results }: BenchReport, terminal: Terminal): number {
  const failed = results.filter(({ outcome }) => outcome === 'failed')
  for (const { backend, workload, reason } of failed) terminal.err(`FAILED ${backend} ${workload}: ${reason}`)
  return failed.length === 0 ? 0 : 1
}
