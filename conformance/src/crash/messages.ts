import type { ErrorCode, ErrorContext, RecoveryReport } from '@persistent-log/core'
import type { OpenOrder } from '../running/target.js'
import type { Observation } from './observation.js'
import type { OpeningDeath, OpeningSurvey } from './opening-death.js'
import type { Operation } from './operation.js'

/** What the kit tells a child. */
export type Command =
  /** Import the backend and open nothing yet. */
  | { readonly kind: 'import'; readonly backend: string }
  /** Import the backend, open the log, show what it holds. */
  | {
      readonly kind: 'open'
      readonly order: OpenOrder
      /** The child is to die while it opens. */
      readonly death?: OpeningDeath
    }
  /** Open the log, and tell what opening it took. */
  | { readonly kind: 'survey'; readonly order: OpenOrder }
  /** Make the calls in this order, at most `window` of them at a time. */
  | {
      readonly kind: 'run'
      readonly operations: readonly Operation[]
      readonly window: number
      /** The child kills itself in the very moment in which this call is acknowledged. */
      readonly diesAt?: number | undefined
      /** After so many refusals no further call is made; absent: all are made, whatever comes of them. */
      readonly mostRefusals?: number | undefined
    }
  /** Show what the open log holds. */
  | { readonly kind: 'look' }
  | { readonly kind: 'close' }
  /** Let go of the kit: the process must end by itself then. */
  | { readonly kind: 'leave' }

/** An error, as far as it can be sent. */
export interface PlainError {
  readonly code: ErrorCode | undefined
  readonly message: string
  readonly context: Pick<ErrorContext, 'pid' | 'host' | 'file' | 'slot'>
}

/** What a child tells the kit. */
export type Report =
  | { readonly kind: 'imported' }
  | { readonly kind: 'opening' }
  | { readonly kind: 'surveyed'; readonly survey: OpeningSurvey }
  | { readonly kind: 'opened'; readonly found: Observation; readonly recovery: RecoveryReport }
  | { readonly kind: 'refused'; readonly error: PlainError }
  /** It is open, and a read of what it holds was refused. */
  | { readonly kind: 'unreadable'; readonly error: PlainError }
  /** The call at this place is made when this message is in the kit's hands, not before. */
  | { readonly kind: 'will'; readonly at: number }
  | { readonly kind: 'did'; readonly at: number }
  | { readonly kind: 'failed'; readonly at: number; readonly error: PlainError }
  | { readonly kind: 'ran' }
  | { readonly kind: 'looked'; readonly found: Observation }
  | { readonly kind: 'closed'; readonly error?: PlainError }

/** The report of one kind. */
export type ReportOf<K extends Report['kind']> = Extract<Report, { kind: K }>
