import type { Capabilities, Survival } from '@persistent-log/core'
import type { Mark } from '../disk/disk-event.js'
import type { DiskModel } from '../disk/durability.js'
import type { SeamSettings } from '../disk/seam/disk-seam.js'
import type { OpenOrder } from '../running/target.js'
import type { Tearing } from './crash-state.js'
import type { Trace } from './trace.js'

/** How a log is worked on while everything that it does to its files is written down. */
export interface WorkloadPlan {
  /** From one open to the next, each closed cleanly but the last; one that a failed flush ends is followed by another. */
  readonly sessions: number
  readonly calls: number
  /** Characters of each value: all are of one length, so that stale bytes behind a cut would fit exactly. */
  readonly valueLength: number
  /** Only batches; weak decisions, and what has to cover them. Default: calls of every kind. */
  readonly only?:
    | 'batches'
    | 'weak below checkpoints'
    | 'weak in a pace'
    | 'weak repeated'
    | 'weak batches'
    | 'compacted to an older checkpoint'
    | 'compacted to the newest checkpoint'
  /** The least that a call asks for. Default: what the log survives. */
  readonly weakest?: Survival
  readonly settings?: SeamSettings
}

/** Where a child works. */
export interface Bench {
  /** A real path. The log lies in it, in a directory that does not exist before. */
  readonly place: string
  readonly order: OpenOrder
  readonly capabilities: Capabilities
  readonly seed: number
  /** Where the trace is kept, outside the place. */
  readonly traceFile: string
}

/** Which states are tried. */
export interface StateChoice {
  readonly model: DiskModel
  /** `anywhere` unless it is said. */
  readonly tearing?: Tearing | undefined
  /** At most so many, drawn by the seed of the bench. */
  readonly most: number
  /** Only this one. */
  readonly only?: number | undefined
  /** Crash so many times more while the log recovers from the state, at places of which the seed draws so many. */
  readonly duringRecovery?: number | undefined
}

/** Random histories with crashes in them. */
export interface HistoryPlan {
  readonly runs: number
  /** `kill`: all that was written is there. `power cut`: of what was not flushed, anything may be missing. */
  readonly crash: 'kill' | 'power cut'
}

/** What the kit tells a child that works with crash states. */
export type StateCommand =
  | { readonly kind: 'record'; readonly bench: Bench; readonly plan: WorkloadPlan }
  | {
      readonly kind: 'examine'
      readonly bench: Bench
      readonly plan: WorkloadPlan
      readonly choice: StateChoice
    }
  /** Like `record`, for somebody who traces the system calls of the child: marks are writes to this file. */
  | {
      readonly kind: 'work'
      readonly bench: Bench
      readonly plan: WorkloadPlan
      readonly markFile: string
    }
  | { readonly kind: 'histories'; readonly bench: Bench; readonly plan: HistoryPlan }

/** What came of recording. */
export interface Recorded {
  readonly events: number
  readonly flushes: number
  readonly failedFlushes: number
  readonly shortWrites: number
  readonly acknowledged: number
  /** Why the trace is of no use; absent when it is complete. */
  readonly incomplete?: string | undefined
}

/** What such a child says. */
export type StateReport =
  | ({ readonly kind: 'recorded' } & Recorded)
  | {
      readonly kind: 'worked'
      readonly marks: readonly Mark[]
      readonly sessions: Trace['sessions']
      readonly acknowledged: number
    }
  /** Said before the log is opened: if the child dies, it died of this state. */
  | { readonly kind: 'examining'; readonly state: number; readonly shown: string }
  | {
      readonly kind: 'examined'
      readonly state: number
      /** Logs that were opened, and acknowledged writes that were looked for. */
      readonly opened: number
      readonly acknowledged: number
    }
  | { readonly kind: 'found'; readonly state: number; readonly shown: string; readonly finding: string }
  | { readonly kind: 'finished'; readonly possible: number }
  /** One history agreed with the model; so many crashes were in it. */
  | { readonly kind: 'agreed'; readonly crashes: number }
  | { readonly kind: 'ran' }
  /** The log broke a law while it was recorded, without any crash, or in a history. */
  | { readonly kind: 'failed'; readonly finding: string }
