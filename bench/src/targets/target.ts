/** Something that a run measured. */
export interface Measure {
  readonly backend: string
  readonly workload: string
  /** Default: time per operation; `p50`, of the middle one of them (of the pieces that are timed). */
  readonly of?: 'operation' | 'p50' | 'entry' | 'stall' | 'device' | undefined
  /** Instead: a figure of the workload's own. */
  readonly figure?: string | undefined
}

/** A figure that we promise. */
export interface Target {
  readonly table: 1 | 2
  readonly name: string
  /** The reference, in words. */
  readonly reference: string
  /** What is judged; absent: no workload measures it yet. */
  readonly subject?: Measure | undefined
  readonly against?: Measure | undefined
  /**
   * How the two become one number. `ratio`: time over time. `speed-up`: the reference's time over the subject's.
   * `difference`: ns. `value`: the subject alone. `entries-per-second`: the subject alone.
   */
  readonly as: 'ratio' | 'speed-up' | 'difference' | 'value' | 'entries-per-second'
  readonly unit: string
  readonly must?: number | undefined
  readonly aim?: number | undefined
  /** What callers reach who share a thread-pool flush and do nothing else, judged in the subject's place. */
  readonly limit?: Measure | undefined
  /** Where the reference is a limit that nothing can pass: a better ratio says that the run was disturbed. */
  readonly notCrediblePast?: number | undefined
  /** It rests on flushes. */
  readonly isDurable?: boolean | undefined
  /** True where more is better. */
  readonly isFloor?: boolean | undefined
}

/** A target without what is the same for a whole table. */
export type Row = Omit<Target, 'table' | 'unit'> & { readonly unit?: string }

/** Fills in what the rows of a table leave out. */
export function completed(table: 1 | 2, rows: readonly Row[]): Target[] {
  return rows.map((row) => ({ table, unit: 'x', ...row }))
}

/** The kernel: what checking and copying an entry costs on this machine. */
export const K: Measure = { backend: 'machine', workload: 'kernel-k' }
/** A measure of the hybrid log. */
export const faster = (workload: string, of: Measure['of'] = 'operation'): Measure => ({
  backend: 'faster',
  workload,
  of,
})
/** Time per entry, where an operation handles several. */
export const entry = (backend: string, workload: string): Measure => ({ backend, workload, of: 'entry' })
