import { median, type CellResult } from '../../harness/measures.js'
import { lineChart, type Line } from '../chart/line-chart.js'
import { compact, linearScale, logScale, ninesScale, type Scale } from '../chart/scale.js'
import { entriesPerSecond, formatNs, formatRate } from '../format.js'
import { nsPerEntry, typicalCurve, type Cells } from './cells.js'

/** A chart over workloads that differ in one number. */
interface Series {
  readonly title: string
  readonly note: string
  readonly xLabel: string
  readonly steps: readonly (readonly [x: number, workload: string])[]
  readonly x: (values: readonly number[]) => Scale
  readonly yLabel: (value: number) => string
  readonly figure: (cell: CellResult, x: number) => number | undefined
}

const rate = (cell: CellResult): number | undefined => entriesPerSecond(cell)
/** Decimal, as the powers of ten on the axis are. */
const bytes = (value: number): string => `${compact(value)}B`

/** Sizes that logs are filled to before the same writes are measured. */
const FILLED = [
  [1e4, '10k'],
  [1e5, '100k'],
  [1e6, '1m'],
  [1e7, '10m'],
] as const

const IN_FLIGHT: Series = {
  title: 'Durable commits, as more callers wait at once',
  note: 'commits per second; group commit turns waiting into throughput',
  xLabel: 'commits in flight',
  steps: [1, 10, 100, 1_000].map((width) => [width, `closed-loop-${width}`]),
  x: logScale,
  yLabel: compact,
  figure: rate,
}

const BATCHES: Series = {
  ...IN_FLIGHT,
  title: 'Durable batches, by their length',
  note: 'decisions per second',
  xLabel: 'decisions per batch',
  steps: [1, 10, 100, 1_000].map((length) => [length, `learn-${length}`]),
}

const GROWTH: Series = {
  title: 'Cost of an entry as the log grows',
  note: 'batches of 100, process-crash survival; flat is what one wants',
  xLabel: 'entries in the log',
  steps: FILLED.map(([entries, label]) => [entries, `growth-${label}`]),
  x: logScale,
  yLabel: formatNs,
  figure: nsPerEntry,
}

const MEMORY: Series = {
  ...GROWTH,
  title: 'Resident memory as the log grows',
  note: 'of the whole process; pages of mapped files count while the kernel keeps them',
  yLabel: bytes,
  figure: ({ rounds }) => median(rounds.map(({ rssBytes }) => rssBytes)),
}

const VALUES: Series = {
  title: 'Durable decisions, by the size of the value',
  note: 'user bytes per second, one decision at a time',
  xLabel: 'bytes of the value',
  steps: [
    [10, 'learn-1-value-10B'],
    [100, 'learn-1'],
    [1_024, 'learn-1-value-1KiB'],
    [16_384, 'learn-1-value-16KiB'],
    [1_048_576, 'learn-1-value-1MiB'],
  ],
  x: (values) => logScale(values, compact),
  yLabel: bytes,
  figure: (cell, size) => (rate(cell) ?? 0) * size,
}

const MIXES: Series = {
  title: 'Random reads mixed with durable decisions',
  note: 'operations per second',
  xLabel: '% of operations that read',
  steps: [50, 70, 90, 100].map((percent) => [percent, `mix-${percent}-${100 - percent}`]),
  x: linearScale,
  yLabel: compact,
  figure: rate,
}

/** Line charts under the headings that they belong to, by the identifier of the section. */
export function lineCharts(section: string, cells: Cells): string[] {
  switch (section) {
    case 'durable':
      return [series(IN_FLIGHT, cells), series(BATCHES, cells), series(VALUES, cells)].flat()
    case 'reads':
      return series(MIXES, cells)
    case 'growth':
      return [series(GROWTH, cells), series(MEMORY, cells)].flat()
    case 'latency':
      return LATENCIES.flatMap(([workload, title]) => distribution(workload, title, cells))
    default:
      return []
  }
}

function series({ steps, x, yLabel, figure, ...text }: Series, cells: Cells): string[] {
  const names = steps.map(([, workload]) => workload)
  const lines = cells.subjectsOf(names).map((backend): Line => ({
    backend,
    points: steps.flatMap(([at, workload]) => {
      const cell = cells.find(backend, workload)
      const value = cell && figure(cell, at)
      return value ? [{ x: at, y: value, hint: `${workload}: ${hint(yLabel, value)}` }] : []
    }),
  }))
  const values = lines.flatMap(({ points }) => points.map(({ y }) => y))
  if (values.length === 0) return []
  const reached = lines.flatMap(({ points }) => points.map((point) => point.x))
  return [lineChart({ ...text, x: x(reached), y: logScale(values, yLabel), lines })]
}

const hint = (label: (value: number) => string, value: number): string =>
  label === compact ? formatRate(value) : label(value)

/** Workloads whose distribution of latencies says something. */
const LATENCIES = [
  ['closed-loop-1', 'Durable commits, one at a time'],
  ['closed-loop-100', 'Durable commits, 100 in flight'],
  ['learn-100', 'Durable batches of 100'],
  ['steady-load-30s', '30 s of groups of 100 with compaction'],
] as const

function distribution(workload: string, title: string, cells: Cells): string[] {
  const lines = cells.of(workload).map((cell): Line => ({
    backend: cell.backend,
    points: typicalCurve(cell).map(([percentile, ns]) => ({
      x: ns,
      y: percentile,
      hint: `${percentile} % within ${formatNs(ns)}`,
    })),
  }))
  const times = lines.flatMap(({ points }) => points.map(({ x }) => x))
  if (times.length === 0) return []
  const note = 'share of operations that took at most so long; further left and steeper is better'
  const axes = { x: logScale(times, formatNs), y: ninesScale(), xLabel: 'latency' }
  return [lineChart({ title, note, ...axes, lines })]
}
