import { median, type BenchReport, type CellResult } from '../harness/measures.js'
import { rankSumP } from './rank-sum.js'

/** How a cell of a later run stands against the same cell of an earlier one. */
export interface Comparison {
  readonly backend: string
  readonly workload: string
  readonly verdict: 'slower' | 'faster' | 'same' | 'too few rounds' | 'newly failing' | 'only in one'
  /** Time now over time before. */
  readonly ratio?: number | undefined
  readonly p?: number | undefined
}

/** With hundreds of cells, the usual 0.05 would call a dozen of them slower by chance. */
const SIGNIFICANT_P = 0.01
/** A difference below it is real at best, and matters to nobody. */
const SMALLEST_CHANGE = 0.05
/** With fewer rounds on a side the test cannot reach {@link SIGNIFICANT_P}. */
const FEWEST_ROUNDS = 5

/** Compares cell by cell; what only one of the runs has is named, too. */
export function compareReports(before: BenchReport, after: BenchReport): Comparison[] {
  const keyOf = ({ backend, workload }: CellResult): string => `${backend} ${workload}`
  const earlier = new Map(before.results.map((cell) => [keyOf(cell), cell]))
  const later = new Map(after.results.map((cell) => [keyOf(cell), cell]))
  return [...new Set([...earlier.keys(), ...later.keys()])].map((key) =>
    compareCells(earlier.get(key), later.get(key)),
  )
}

function compareCells(before: CellResult | undefined, after: CellResult | undefined): Comparison {
  const { backend, workload } = (after ?? before)!
  const common = { backend, workload }
  if (after?.outcome === 'failed' && before?.outcome !== 'failed')
    return { ...common, verdict: 'newly failing' }
  if (before?.outcome !== 'measured' || after?.outcome !== 'measured') {
    return { ...common, verdict: before?.outcome === after?.outcome ? 'same' : 'only in one' }
  }
  const old = before.rounds.map(({ nsPerOperation }) => nsPerOperation)
  const now = after.rounds.map(({ nsPerOperation }) => nsPerOperation)
  const ratio = median(now) / median(old)
  if (Math.min(old.length, now.length) < FEWEST_ROUNDS) return { ...common, ratio, verdict: 'too few rounds' }
  const p = rankSumP(old, now)
  const isChanged = p < SIGNIFICANT_P && Math.abs(ratio - 1) > SMALLEST_CHANGE
  return { ...common, ratio, p, verdict: isChanged ? (ratio > 1 ? 'slower' : 'faster') : 'same' }
}
