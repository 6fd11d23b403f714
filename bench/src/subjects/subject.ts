import type { PersistentLog, Survival } from '@persistent-log/core'

/**
 * What a workload runs on: a log behind the public interface, or a peer by its own API. Operations that a subject does
 * not have are absent, and a workload that needs one does not run on it.
 */
export interface Subject {
  readonly name: string
  /** False when nothing is left after `close`. */
  readonly isStored: boolean
  /** The log itself; absent for a peer. */
  readonly log?: PersistentLog | undefined
  /** Decides values in consecutive slots: one atomic write at the survival the subject was opened for. */
  decide(from: number, values: readonly Uint8Array[]): Promise<void>
  /** A copy of the value in a slot, by the subject's asynchronous read where it has one. */
  read(slot: number): Promise<Uint8Array | undefined>
  /** The same without a promise. */
  readNow?(slot: number): Uint8Array | undefined
  /** Lends the value without a copy. */
  borrow?<T>(slot: number, use: (value: Uint8Array) => T): T | undefined
  /** Visits the values of the slots `from <= s < to` in order. */
  scan(from: number, to: number, visit: (slot: number, value: Uint8Array) => void): Promise<void>
  close(): Promise<void>
}

/** How a subject is opened for a cell. */
export interface SubjectRequest {
  /** A backend as `openLog` knows it, or a peer's name. */
  readonly name: string
  readonly directory: string
  /** What the writes of the workload have to survive. */
  readonly survives: Survival
  readonly options?: Readonly<Record<string, unknown>> | undefined
}
