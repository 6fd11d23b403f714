import type { CellResult } from '../harness/measures.js'
import { digits, entriesPerSecond } from './format.js'
import { barChart, lineChart, type Bar } from './svg-chart.js'

const GROWTH = new Map([
  ['growth-10k', 10_000],
  ['growth-100k', 100_000],
  ['growth-1m', 1_000_000],
  ['growth-10m', 10_000_000],
])
/** Workloads whose distribution of latencies says something: single durable writes. */
const DISTRIBUTIONS = ['learn-1', 'closed-loop-1', 'closed-loop-100', 'commit-power-loss']

/** Every chart for which the run has figures. */
export function charts(results: readonly CellResult[]): string[] {
  const measured = results.filter(({ outcome }) => outcome === 'measured')
  return [...durable(measured), ...growth(measured), ...distributions(measured), ...throughput(measured)]
}

const bar = (name: string, result: CellResult): Bar => {
  const value = entriesPerSecond(result) ?? 0
  return { name, value, label: `${digits(value)}/s` }
}

/** Durable commits beside what the disk can do. */
function durable(results: readonly CellResult[]): string[] {
  const names = ['flush-1', 'learn-1', 'closed-loop-1', 'flush-100', 'learn-100', 'closed-loop-100']
  const bars = names.flatMap((name) =>
    results
      .filter(({ workload }) => workload === name)
      .map((result) => bar(`${result.backend} ${name}`, result)),
  )
  if (bars.length === 0) return []
  return [barChart('Durable entries per second; flush-1 and flush-100 are the limits of the disk', bars)]
}

function growth(results: readonly CellResult[]): string[] {
  const cells = results.filter(({ workload }) => GROWTH.has(workload))
  const lines = [...new Set(cells.map(({ backend }) => backend))].map((name) => ({
    name,
    points: cells
      .filter(({ backend }) => backend === name)
      .map(({ workload, medianNs, rounds }): readonly [number, number] => [
        GROWTH.get(workload) ?? 0,
        (medianNs ?? 0) / (rounds[0]?.entriesPerOperation ?? 1),
      ]),
  }))
  if (lines.length === 0) return []
  return [
    lineChart('Cost of an entry as the log grows', { x: 'entries in the log', y: 'ns per entry' }, lines),
  ]
}

function distributions(results: readonly CellResult[]): string[] {
  return DISTRIBUTIONS.flatMap((name) => {
    const lines = results
      .filter(({ workload }) => workload === name)
      .map(({ backend, rounds }) => ({
        name: backend,
        points: (rounds[0]?.latency.curve ?? []).map(
          // Seen from the slow end: 1 is one operation in a hundred, 0.01 one in ten thousand.
          ([percentile, ns]): readonly [number, number] => [100 - percentile, ns / 1_000],
        ),
      }))
    if (lines.length === 0) return []
    return [lineChart(`Latency, ${name}`, { x: '% of operations that take longer', y: 'us' }, lines)]
  })
}

function throughput(results: readonly CellResult[]): string[] {
  return [...new Set(results.map(({ workload }) => workload))].flatMap((name) => {
    const cells = results.filter(({ workload, backend }) => workload === name && backend !== 'machine')
    if (cells.length === 0) return []
    return [
      barChart(
        `${name}: ${cells[0]!.title}, entries per second`,
        cells.map((cell) => bar(cell.backend, cell)),
      ),
    ]
  })
}
