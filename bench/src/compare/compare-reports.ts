import { median, type BenchReport, type CellResult } from '../harness/measures.js'
import { MACHINE } from '../machine/machine-subject.js'
import { rankSumP } from './rank-sum.js'

/** How a cell of a later run stands against the same cell of an earlier one. */
export interface Comparison {
  readonly backend: string
  readonly workload: string
  readonly verdict:
    | 'slower'
    | 'faster'
    | 'same'
    | 'too few rounds'
    | 'newly failing'
    | 'no longer measured'
    | 'not measured'
    | 'only in one'
  /** The unit of the times: what the same round measured of the machine; `time`, ns, where it did not. */
  readonly by?: 'K' | 'flush' | 'time' | undefined
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

/** What a machine does in the meantime to a cell that waits for either. */
const UNITS = {
  processor: ['K', 'kernel-k'],
  device: ['flush', 'flush-1'],
} as const

/** Compares cell by cell; what only one of the runs has is named, too. */
export function compareReports(before: BenchReport, after: BenchReport): Comparison[] {
  const keyOf = ({ backend, workload }: CellResult): string => `${backend} ${workload}`
  const earlier = new Map(before.results.map((cell) => [keyOf(cell), cell]))
  const later = new Map(after.results.map((cell) => [keyOf(cell), cell]))
  return [...new Set([...earlier.keys(), ...later.keys()])].map((key) => {
    const [old, now] = [earlier.get(key), later.get(key)]
    const { backend, workload } = (now ?? old)!
    return { backend, workload, ...compareCells(old, now, before, after) }
  })
}

type Finding = Omit<Comparison, 'backend' | 'workload'>

function compareCells(
  old: CellResult | undefined,
  now: CellResult | undefined,
  before: BenchReport,
  after: BenchReport,
): Finding {
  if (now?.outcome === 'failed' && old?.outcome !== 'failed') return { verdict: 'newly failing' }
  if (now === undefined) {
    // A run that was asked for less has less.
    const isAsked = before.environment['arguments'] === after.environment['arguments']
    return { verdict: isAsked && old?.outcome === 'measured' ? 'no longer measured' : 'only in one' }
  }
  if (old?.outcome === 'measured' && now.outcome !== 'measured') return { verdict: 'no longer measured' }
  if (old === undefined) return { verdict: 'only in one' }
  if (old.outcome !== 'measured' || now.outcome !== 'measured') return { verdict: 'not measured' }
  return compareRounds(old, now, before, after)
}

/**
 * Two runs lie hours apart, and the machine has drifted: each round is told in the unit that was measured in it. Times stay
 * as they are for cells of the machine itself, and where a run does not say what a cell waits for.
 */
function compareRounds(old: CellResult, now: CellResult, before: BenchReport, after: BenchReport): Finding {
  const waits = now.backend === MACHINE ? undefined : (now.waitsFor ?? old.waitsFor)
  const [name, workload] = waits === undefined ? [] : UNITS[waits]
  const inUnits = [figures(old, before, workload), figures(now, after, workload)] as const
  const isUnit = name !== undefined && inUnits.every(({ length }) => length > 0)
  const [were, are] = isUnit ? inUnits : ([figures(old, before), figures(now, after)] as const)
  const common = { by: isUnit ? name : ('time' as const), ratio: median(are) / median(were) }
  if (Math.min(were.length, are.length) < FEWEST_ROUNDS) return { ...common, verdict: 'too few rounds' }
  const p = rankSumP(were, are)
  const isChanged = p < SIGNIFICANT_P && Math.abs(common.ratio - 1) > SMALLEST_CHANGE
  return { ...common, p, verdict: isChanged ? (common.ratio > 1 ? 'slower' : 'faster') : 'same' }
}

/** The times of the rounds, in units of the machine's own cell where one is named: of the rounds that both have. */
function figures({ rounds }: CellResult, { results }: BenchReport, unit?: string): number[] {
  const times = rounds.map(({ nsPerOperation }) => nsPerOperation)
  if (unit === undefined) return times
  const units =
    results.find(({ backend, workload }) => backend === MACHINE && workload === unit)?.rounds ?? []
  return times.slice(0, units.length).map((ns, round) => ns / units[round]!.nsPerOperation)
}

/** What the verdicts come to. */
export interface Summary {
  /** Cells of subjects whose speed was judged, and all of them. */
  readonly judged: number
  readonly cells: number
  /** Something became slower, fails now or is not measured any more. */
  readonly isWorse: boolean
}

/** Sums up; the machine's own cells are shown and count for nothing. */
export function summarise(comparisons: readonly Comparison[]): Summary {
  const own = comparisons.filter(({ backend }) => backend !== MACHINE)
  const count = (...verdicts: readonly Comparison['verdict'][]): number =>
    own.filter(({ verdict }) => verdicts.includes(verdict)).length
  return {
    judged: count('slower', 'faster', 'same'),
    cells: own.length,
    isWorse: count('slower', 'newly failing', 'no longer measured') > 0,
  }
}

/** What has to be the same in two environments for their figures to be comparable. */
const CONDITIONS = [
  'cpu',
  'cores',
  'system',
  'node',
  'fileSystem',
  'arguments',
  'engines',
  'warning',
] as const

/** The conditions in which two runs differ. */
export function differences(before: BenchReport, after: BenchReport): string[] {
  return CONDITIONS.flatMap((name) => {
    const [old, now] = [before.environment[name] ?? '-', after.environment[name] ?? '-']
    return old === now ? [] : [`${name} was ${old}, and is ${now}`]
  })
}
