import { median, type CellResult, type Round, type TargetResult } from '../harness/measures.js'
import type { Measure, Target } from './target.js'

const NS_PER_SECOND = 1e9

/** Holds the results of a run against the targets. What was not measured is not available yet. */
export function judgeTargets(targets: readonly Target[], results: readonly CellResult[]): TargetResult[] {
  return targets.map((target) => {
    const { table, name, reference, unit, must, aim, limit } = target
    const ratio = figure(target, results)
    const bound = limit && figure({ ...target, subject: limit }, results)
    const rounds = ratio === undefined ? undefined : fewestRounds(target, results)
    return {
      table,
      name,
      reference,
      unit,
      ratio,
      rounds,
      must,
      aim,
      limit: bound,
      met: verdict(target, ratio),
    }
  })
}

function fewestRounds({ subject, against }: Target, results: readonly CellResult[]): number {
  const cells = [subject, against].flatMap((measure) => (measure && cellOf(measure, results)) ?? [])
  return Math.min(...cells.map(({ rounds }) => rounds.length))
}

function verdict({ must, isFloor, notCrediblePast }: Target, ratio: number | undefined): TargetResult['met'] {
  if (ratio === undefined) return 'not available yet'
  if (notCrediblePast !== undefined && (isFloor ? ratio > notCrediblePast : ratio < notCrediblePast))
    return 'not credible'
  if (must === undefined) return 'met'
  return (isFloor ? ratio >= must : ratio <= must) ? 'met' : 'not met'
}

function figure({ subject, against, as }: Target, results: readonly CellResult[]): number | undefined {
  const own = subject && measured(subject, results)
  if (own === undefined) return undefined
  if (as === 'value') return own
  if (as === 'entries-per-second') return NS_PER_SECOND / own
  const other = against && measured(against, results)
  if (other === undefined) return undefined
  if (as === 'difference') return own - other
  return as === 'ratio' ? own / other : other / own
}

function cellOf({ backend, workload }: Measure, results: readonly CellResult[]): CellResult | undefined {
  return results.find((result) => result.backend === backend && result.workload === workload)
}

function measured(measure: Measure, results: readonly CellResult[]): number | undefined {
  const { of = 'operation', figure } = measure
  const cell = cellOf(measure, results)
  const figures = (cell?.rounds ?? [])
    .map((round) => (figure === undefined ? valueOf(round, of) : round.figures?.[figure]))
    .filter((value) => value !== undefined)
  return figures.length === 0 ? undefined : median(figures)
}

function valueOf(round: Round, of: NonNullable<Measure['of']>): number | undefined {
  if (of === 'operation') return round.nsPerOperation
  if (of === 'entry') return round.nsPerOperation / round.entriesPerOperation
  return of === 'stall' ? round.stallMs : round.deviceBytesPerUserByte
}
