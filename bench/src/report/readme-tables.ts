import type { BenchReport, CellResult, TargetResult } from '../harness/measures.js'
import { formatNs, formatRate, targetRow, TARGET_COLUMNS } from './format.js'
import { markdownTable } from './markdown-table.js'
import { nsPerEntry, Cells } from './page/cells.js'

/** Texts that stand between markers in READMEs, made from a run; without one they say how to make it. */
export const README_TABLES: ReadonlyMap<string, (report: BenchReport | undefined) => string> = new Map([
  ['targets-hybrid', (report) => (report ? targets(report, 1) : NOTHING_YET)],
  ['targets-interface', (report) => (report ? targets(report, 2) : NOTHING_YET)],
  ['summary', (report) => (report ? summary(report) : NOTHING_YET)],
])

/** Such a figure may have been disturbed, and nothing beside it would show that. */
const ONE_ROUND = '(one round)'
const NOTHING_YET = 'No full run is kept yet: `npm run bench -- record` makes one.'

const SUBJECTS = ['faster', 'lmdb', 'level', 'raw-lmdb', 'raw-level', 'raw-sqlite', 'machine'] as const

/** Rows of the summary: what it is called, the workload, the machine's limit beside it, and how it is written. */
const ROWS = [
  ['accept + commit, process-crash, without a promise', 'accept-commit-sync', 'kernel-k', 'time'],
  ['durable commit, one at a time', 'closed-loop-1', 'flush-1', 'time'],
  ['durable commits, groups of 100', 'group-100', 'flush-100', 'rate'],
  ['committed read, hot, borrowed', 'read-hot-borrowed', 'kernel-k', 'time'],
  ['committed read, hot, copy', 'read-hot-sync', undefined, 'time'],
  ['iteration, per entry', 'scan-10k', undefined, 'time'],
  ['open 1 M entries after SIGKILL, per entry', 'open-killed-1m', undefined, 'time'],
] as const

/** Whether a README shows the figure of this workload on this subject. */
export function isPublished(backend: string, workload: string): boolean {
  return ROWS.some(([, own, limit]) =>
    backend === 'machine'
      ? workload === limit
      : workload === own && SUBJECTS.some((name) => name === backend),
  )
}

function targets({ environment, targets: all }: BenchReport, table: TargetResult['table']): string {
  const rows = all.filter((target) => target.table === table).map(targetRow)
  return `${markdownTable(TARGET_COLUMNS, rows)}\n\n${origin(environment)}`
}

function summary({ environment, results }: BenchReport): string {
  const cells = new Cells(results)
  const rows = ROWS.map(([name, workload, limit, as]) => [
    name,
    ...SUBJECTS.map((backend) => {
      const cell = cells.find(backend, backend === 'machine' ? (limit ?? '') : workload)
      if (cell === undefined) return isFailed(results, backend, workload) ? 'FAILED' : ''
      const ns = nsPerEntry(cell)
      const figure = as === 'time' ? formatNs(ns) : formatRate(1e9 / ns)
      return cell.rounds.length === 1 ? `${figure} ${ONE_ROUND}` : figure
    }),
  ])
  const head = [
    '100-byte values',
    ...SUBJECTS.map((name) => (name === 'machine' ? 'limit of the machine' : name)),
  ]
  return `${markdownTable(head, rows)}\n\n${origin(environment)}`
}

function isFailed(results: readonly CellResult[], backend: string, workload: string): boolean {
  return results.some(
    (cell) => cell.backend === backend && cell.workload === workload && cell.outcome === 'failed',
  )
}

/** No figure without what it depends on. */
function origin({ date, cpu, cores, fileSystem, node, commit, warning }: BenchReport['environment']): string {
  return `Measured on ${String(date).slice(0, 10)} at ${commit}: ${cpu}, ${cores} cores, ${fileSystem}, Node.js ${node}; \`npm run bench -- record\`.${warning === undefined ? '' : ` WARNING: ${warning}.`}`
}
