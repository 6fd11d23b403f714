import { median, type CellResult, type Round, type TargetResult } from '../harness/measures.js'
import type { Measure, Target } from './target.js'
import { verdictOn, type Circumstances } from './verdict.js'

const NS_PER_SECOND = 1e9

/** Holds the results of a run against the targets. What was not measured is not available yet. */
export function judgeTargets(
  targets: readonly Target[],
  results: readonly CellResult[],
  circumstances: Circumstances = {},
): TargetResult[] {
  return targets.map((target) => {
    const { table, name, reference, unit, must, aim, limit } = target
    const all = figures(target, results)
    const credible = all.filter((figure) => isCredible(target, figure))
    // A round that was disturbed is left out, unless most of them were: then nothing was measured.
    const isDisturbed = credible.length * 2 <= all.length
    const judged = isDisturbed ? all : credible
    const ratio = middle(judged)
    const roundsNotCredible = all.length - credible.length
    const bound = limit && middle(figures({ ...target, subject: limit }, results))
    const isFailed = [target.subject, target.against].some(
      (measure) => measure !== undefined && cellOf(measure, results)?.outcome === 'failed',
    )
    return {
      ...{ table, name, reference, unit, ratio, must, aim, limit: bound },
      ...(judged.length > 1 ? { range: [Math.min(...judged), Math.max(...judged)] as const } : {}),
      ...(judged.length > 0 ? { rounds: judged.length } : {}),
      ...(roundsNotCredible > 0 ? { roundsNotCredible } : {}),
      ...verdictOn(target, { isFailed, ratio, judged, roundsNotCredible, isDisturbed, bound }, circumstances),
    }
  })
}

const middle = (figures: readonly number[]): number | undefined =>
  figures.length === 0 ? undefined : median(figures)

const isCredible = ({ notCrediblePast, isFloor }: Target, figure: number): boolean =>
  notCrediblePast === undefined || (isFloor ? figure <= notCrediblePast : figure >= notCrediblePast)

/**
 * A figure of each round that both the subject and its reference have: they ran one after the other in it, while a median
 * over rounds of either may come from minutes in which the machine was another.
 */
function figures({ subject, against, as }: Target, results: readonly CellResult[]): number[] {
  const own = subject === undefined ? [] : measured(subject, results)
  const others = against === undefined ? [] : measured(against, results)
  return own.flatMap((value, round) => {
    const figure = value === undefined ? undefined : together(as, value, others[round])
    return figure === undefined ? [] : [figure]
  })
}

function together(as: Target['as'], own: number, other: number | undefined): number | undefined {
  if (as === 'value') return own
  if (as === 'entries-per-second') return NS_PER_SECOND / own
  if (other === undefined) return undefined
  if (as === 'difference') return own - other
  return as === 'ratio' ? own / other : other / own
}

function measured(measure: Measure, results: readonly CellResult[]): (number | undefined)[] {
  const { of = 'operation', figure } = measure
  return (cellOf(measure, results)?.rounds ?? []).map((round) =>
    figure === undefined ? valueOf(round, of) : round.figures?.[figure],
  )
}

function cellOf({ backend, workload }: Measure, results: readonly CellResult[]): CellResult | undefined {
  return results.find((result) => result.backend === backend && result.workload === workload)
}

function valueOf(round: Round, of: NonNullable<Measure['of']>): number | undefined {
  if (of === 'operation') return round.nsPerOperation
  if (of === 'p50') return round.latency.p50
  if (of === 'entry') return round.nsPerOperation / round.entriesPerOperation
  return of === 'stall' ? round.stallMs : round.deviceBytesPerUserByte
}
