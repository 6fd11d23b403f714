import type { TargetResult } from '../harness/measures.js'
import type { Target } from './target.js'

/** What has a say in a verdict beside the figures. */
export interface Circumstances {
  /** The run was brief: warm-up went by time, rounds were short. */
  readonly isQuick?: boolean | undefined
  /** The files lay where a flush proves nothing. */
  readonly isNotDurable?: boolean | undefined
}

/** What the rounds of a target say. */
export interface Evidence {
  /** The cell of the subject or of its reference failed. */
  readonly isFailed: boolean
  readonly ratio: number | undefined
  /** The figures of the rounds that count. */
  readonly judged: readonly number[]
  /** How many rounds were better than they can be. */
  readonly roundsNotCredible: number
  /** Most of them were. */
  readonly isDisturbed: boolean
  /** What callers reach who do nothing but what cannot be left out. */
  readonly bound: number | undefined
}

/** Whether a figure is what it must be. */
export function meets({ must, isFloor }: Target, figure: number): boolean {
  return must === undefined || (isFloor ? figure >= must : figure <= must)
}

/** Judges one target. */
export function verdictOn(
  target: Target,
  evidence: Evidence,
  { isQuick, isNotDurable }: Circumstances,
): Pick<TargetResult, 'met' | 'isUncertain' | 'verdict'> {
  const { isFailed, ratio, judged, roundsNotCredible, isDisturbed, bound } = evidence
  if (isFailed) return { met: null, verdict: 'failed' }
  if (ratio === undefined) return { met: null, verdict: 'not available yet' }
  if (isNotDurable && target.isDurable)
    return { met: null, verdict: 'not credible (a flush proves nothing here)' }
  if (isDisturbed) return { met: null, verdict: 'not credible' }
  const met = meets(target, ratio)
  const isUncertain = new Set(judged.map((figure) => meets(target, figure))).size > 1
  const isOutOfReach = !met && bound !== undefined && !meets(target, bound)
  const all = judged.length + roundsNotCredible
  const notes = [
    ...(isOutOfReach ? ['out of reach: the limit misses it too'] : []),
    ...(isUncertain ? ['uncertain'] : []),
    ...(roundsNotCredible > 0 ? [`${roundsNotCredible} of ${all} rounds not credible`] : []),
    ...(isQuick ? ['quick'] : []),
  ]
  const short = met ? 'met' : 'not met'
  return { met, isUncertain, verdict: notes.length === 0 ? short : `${short} (${notes.join(', ')})` }
}
