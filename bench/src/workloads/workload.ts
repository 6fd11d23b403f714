import type { Survival } from '@persistent-log/core'
import type { Subject } from '../subjects/subject.js'
import type { Values } from '../values.js'

/** Groups of workloads that are run together. */
export type Suite = 'hybrid' | 'interface' | 'durability' | 'growth'

/** One definition that runs on every subject that can do what it needs. */
export interface Workload {
  readonly name: string
  /** What one operation is, for people. */
  readonly title: string
  readonly suites: readonly Suite[]
  /** Runs in `--quick` too. */
  readonly isQuick: boolean
  readonly survives: Survival
  readonly valueBytes: number
  /** Decided entries that are there before the first operation. */
  readonly entries: number
  /**
   * In what they are: `open`, a subject that is open (the default), or `killed`, the directory `bed.leftBehind` of a process
   * that was killed right behind the last of them; the subject that is open holds nothing then.
   */
  readonly beginsFrom?: 'open' | 'killed' | undefined
  /** Only for these subjects; absent: for all. */
  readonly only?: readonly string[] | undefined
  /** Of what only logs have: peers are left out. */
  readonly isForLogs?: boolean | undefined
  /** Most operations in a cell; absent: as many as fit the time. */
  readonly maxOperations?: number | undefined
  /** Most that are measured, and most that warm up, where a round is to hold just once what comes back after so many. */
  readonly mostMeasured?: number | undefined
  /** Most rounds, where one takes long; absent: as many as the run has. */
  readonly rounds?: number | undefined
  /** How long it is measured, in ms, where the run's own time would say nothing. */
  readonly measureMs?: number | undefined
  /** How long it warms up, in ms, where the run's own time is too short. */
  readonly warmUpMs?: number | undefined
  /**
   * Operations before the measurement, at least: until the compiler of V8 has seen them, or a buffer was filled once. Absent:
   * some thousand where they have to survive the loss of power, or 16 MiB of them; else none.
   */
  readonly leastWarmUp?: number | undefined
  /** In a brief run too. */
  readonly warmsUpBriefRuns?: boolean | undefined
  /** It writes nothing: other cells may begin with the same files, and it is verified as it is, not opened again. */
  readonly isReadOnly?: boolean | undefined
  /** What its time goes by; absent: the device where it writes and has to survive the loss of power, else the processor. */
  readonly waitsFor?: 'processor' | 'device' | undefined
  /** Options for the backend under test, by its name. */
  readonly options?: Readonly<Record<string, unknown>> | undefined
  /** Why this subject cannot run it; `undefined` when it can. */
  misses(subject: Subject): string | undefined
  /** Gets ready, untimed, on a subject that holds `entries` already. */
  begin(bed: Bed): Step | Promise<Step>
}

/** Calls that are awaited one by one, until V8 has compiled their way: hundreds are too few. */
export const CALLS_TO_WARM_UP = 3_000
/** The same for batches of a hundred. */
export const BATCHES_TO_WARM_UP = 500

/**
 * Operations of some 100 bytes each until the mutable region of the hybrid log (16 MiB by default) was passed once: its
 * pages are touched for the first time before that. Calls that return at once pay more for it than for all the rest.
 */
export const FIRST_PASS = { leastWarmUp: 150_000, warmsUpBriefRuns: true } as const

/** Where a workload runs. */
export interface Bed {
  /** Open; another one after `reopen`. */
  readonly subject: Subject
  readonly values: Values
  readonly entries: number
  /** Where a workload may put things of its own. */
  readonly directory: string
  /** Where the subject lies. */
  readonly home: string
  /** What a killed process left; it must stay as it is. Throws unless the workload `beginsFrom` that. */
  readonly leftBehind: string
  /** Closes the subject and opens it again, on another directory if one is given. */
  close(): Promise<void>
  open(directory?: string): Promise<Subject>
  /** The slots that have to hold their values at the end: `0 <= slot < decided`. */
  decided: number
  /** The slots from which on those values are still there. */
  keptFrom: number
  /** Records the latency of one operation in ns, where operations overlap and the harness cannot see it. */
  record(latencyNs: number): void
  /** Says that what was to be measured did not happen here: the cell does not apply. */
  withdraw(reason: string): void
  /** Adds a figure of the workload's own to the round: something that is not a time. */
  note(figure: string, value: number): void
}

/** How the harness runs the operations of a workload. */
export interface Step {
  /** Operations per timed piece. */
  readonly chunk: number
  /** Entries that one operation handles, for rates; default 1. */
  readonly entriesPerOperation?: number | undefined
  /** Untimed; runs before each `block` operations. */
  before?(operations: number): void | Promise<void>
  /** Operations between two calls of `before`; a multiple of `chunk`. Default: `chunk`. */
  readonly block?: number | undefined
  run(operations: number): void | Promise<void>
  /** Untimed, before the contents are verified. */
  end?(): void | Promise<void>
}

/** The fields that most workloads share. */
export const ORDINARY = {
  suites: ['interface'] as readonly Suite[],
  isQuick: false,
  survives: 'power-loss' as Survival,
  valueBytes: 100,
  entries: 0,
  misses: (): string | undefined => undefined,
} as const
