import type { CellResult, TargetResult } from '../harness/measures.js'

const UNITS = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'us'],
] as const

/** A time in ns as people read it, with three digits. */
export function formatNs(ns: number): string {
  const [size, unit] = UNITS.find(([limit]) => ns >= limit) ?? ([1, 'ns'] as const)
  return `${digits(ns / size)} ${unit}`
}

/** Three significant digits, without an exponent, thousands divided. */
export function digits(value: number): string {
  return new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 }).format(value)
}

/** A rate as people read it, with three digits. */
export function formatRate(perSecond: number): string {
  const units = [
    [1e6, 'M/s'],
    [1e3, 'k/s'],
  ] as const
  const [size, unit] = units.find(([limit]) => perSecond >= limit) ?? ([1, '/s'] as const)
  return `${digits(perSecond / size)} ${unit}`
}

/** Entries per second of a cell that was measured. */
export function entriesPerSecond({ medianNs, rounds }: CellResult): number | undefined {
  const entries = rounds[0]?.entriesPerOperation
  return medianNs === undefined || entries === undefined ? undefined : (entries * 1e9) / medianNs
}

/** The columns of a results table. */
export const RESULT_COLUMNS = [
  'backend',
  'workload',
  'per operation',
  'spread',
  'p50',
  'p99',
  'entries/s',
] as const

/** A result as cells of that table; what failed says so in the place of its figures. */
export function resultRow(result: CellResult): string[] {
  const { backend, workload, medianNs, spread, rounds, outcome, reason } = result
  if (medianNs === undefined) {
    return [backend, workload, `${outcome === 'failed' ? 'FAILED' : outcome}: ${reason}`, '', '', '', '']
  }
  const worst = (of: 'p50' | 'p99'): number => Math.max(...rounds.map(({ latency }) => latency[of]))
  return [
    backend,
    workload,
    formatNs(medianNs),
    // One round spreads over nothing: 0 % would pass for steadiness.
    rounds.length < 2 ? '-' : `${digits((spread ?? 0) * 100)} %`,
    formatNs(worst('p50')),
    formatNs(worst('p99')),
    digits(entriesPerSecond(result) ?? 0),
  ]
}

/** What a table of results shows: figures and failures. Cells that do not apply are no news. */
export function resultRows(results: readonly CellResult[]): string[][] {
  return results.filter(({ outcome }) => outcome !== 'not applicable').map(resultRow)
}

/** The columns of the table of targets. */
export const TARGET_COLUMNS = [
  'target',
  'reference',
  'ratio',
  'of rounds',
  'must',
  'aim',
  'limit',
  'verdict',
] as const

/** A target as cells of that table. */
export function targetRow(target: TargetResult): string[] {
  const { name, reference, ratio, range, rounds, unit, must, aim, limit, verdict } = target
  const show = (value: number | undefined): string => {
    if (value === undefined) return '-'
    return unit === 'entries/s' ? formatRate(value) : `${digits(value)} ${unit}`
  }
  const steadiness = rounds === 1 ? ' (one round)' : ''
  return [
    name,
    reference,
    `${show(ratio)}${steadiness}`,
    range === undefined ? '-' : range.map(unit === 'entries/s' ? formatRate : digits).join(' to '),
    show(must),
    show(aim),
    show(limit),
    verdict,
  ]
}
