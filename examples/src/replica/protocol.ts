import type { Ballot, Capabilities, RecoveryReport } from '@persistent-log/core'
import type { Pace } from './pace.js'

/** What the replica process is told when it starts. */
export interface Orders {
  /** The configuration of its log. One word of it differs from backend to backend. */
  readonly config: { readonly backend: string; readonly directory: string }
  /** The input file; absent: the flights. */
  readonly input: string | undefined
  readonly commands: number
  readonly seed: number
  readonly pace: Pace
}

/** From the client to the replica. */
export type ToReplica =
  | { readonly type: 'start'; readonly orders: Orders }
  /** Drive the rest of the input. */
  | { readonly type: 'go' }
  /** So many acknowledged accepts and commits have been noted so far in this life. */
  | { readonly type: 'noted'; readonly count: number }
  | { readonly type: 'close' }

/** One stored slot, as the log shows it. */
export interface ShownEntry {
  readonly slot: number
  readonly ballot: Ballot
  readonly isDecided: boolean
  readonly value: Uint8Array
}

/** A checkpoint that is stored. */
export interface ShownCheckpoint {
  readonly slot: number
  readonly digest: string
}

/** What a replica found when it opened its log and recovered its state. */
export interface OpeningReport {
  readonly capabilities: Capabilities
  readonly recovery: RecoveryReport
  readonly promised: Ballot | undefined
  readonly compactedBefore: number
  readonly checkpoints: readonly ShownCheckpoint[]
  /** The slot of the checkpoint that the state came from. */
  readonly restoredFrom: number | undefined
  /** Decisions replayed behind it. */
  readonly replayed: number
  readonly appliedTo: number
  /** SHA-256 of the recovered state. */
  readonly stateDigest: string
  /** Opening the log and recovering the state, in ms. */
  readonly tookMs: number
}

/** One acknowledged call: the slot, and the ballot under which it was made. */
export interface Acknowledgement {
  readonly slot: number
  readonly ballot: Ballot
}

/** Calls whose promises have resolved since the last message. */
export interface Acknowledgements {
  readonly accepts: readonly Acknowledgement[]
  /** Commits and learned decisions. */
  readonly commits: readonly Acknowledgement[]
  readonly promises: readonly Ballot[]
  readonly checkpoints: readonly ShownCheckpoint[]
  /** The points of finished compactions. */
  readonly compactions: readonly number[]
}

/** How the work went, as the replica measured it. */
export interface WorkReport {
  /** Accepts of a deposed rival that the log refused. */
  readonly refused: number
  /** Every slot that is left was read by its number, one read after the other. */
  readonly reads: number
  readonly readMs: number
  readonly appliedTo: number
  readonly stateDigest: string
  /** What the state says, a line per field. */
  readonly summary: readonly string[]
}

/** From the replica to the client. */
export type FromReplica =
  | { readonly type: 'entries'; readonly entries: readonly ShownEntry[] }
  | { readonly type: 'opened'; readonly report: OpeningReport }
  /** Sent only after the calls have returned. */
  | {
      readonly type: 'acknowledged'
      readonly calls: Acknowledgements
      /** Calls that the replica had made by then and that had not returned. */
      readonly inFlight: number
    }
  /** Every slot that is left was read once more by its number. */
  | { readonly type: 'read-back'; readonly entries: readonly ShownEntry[] }
  | { readonly type: 'finished'; readonly report: WorkReport }
  | { readonly type: 'closed' }
  | { readonly type: 'failed'; readonly message: string }
