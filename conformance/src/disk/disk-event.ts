import type { Observation } from '../crash/observation.js'

/**
 * A file or directory, by a number that is never given twice: a name may move, and what was written to the old owner of a
 * name must not appear in the new one.
 */
export type NodeId = number

/** The directory that everything lies in. It exists, whatever happens. */
export const ROOT: NodeId = 0

/** One effect of a system call on what is stored. Simple enough to be lost or kept by itself. */
export type Change =
  | {
      readonly kind: 'link'
      readonly directory: NodeId
      readonly name: string
      readonly node: NodeId
      readonly isDirectory: boolean
    }
  | {
      readonly kind: 'rename'
      readonly fromDirectory: NodeId
      readonly fromName: string
      readonly directory: NodeId
      readonly name: string
      readonly node: NodeId
    }
  | { readonly kind: 'unlink'; readonly directory: NodeId; readonly name: string }
  | { readonly kind: 'write'; readonly node: NodeId; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly node: NodeId; readonly size: number }

/** What the workload heard or did at this place of the trace. `at` is the place of the call in its session. */
export type Mark =
  | { readonly kind: 'began' | 'acknowledged'; readonly session: number; readonly at: number }
  | { readonly kind: 'opened'; readonly session: number; readonly found: Observation }

/**
 * What happened, in the order in which it began. `ended` counts the events that had begun when this one was complete:
 * an event at this place or behind it began later. Never complete: `Infinity`.
 */
export type DiskEvent =
  | {
      readonly kind: 'change'
      change: Change
      ended: number
      /** Written through to the device when it was complete (`O_DSYNC`). */
      readonly writeThrough?: boolean
    }
  | {
      /** fsync or fdatasync of a file or a directory. A failed one may have lost what it was to flush. */
      readonly kind: 'flush'
      readonly node: NodeId
      ended: number
      failed?: boolean
    }
  | { readonly kind: 'mark'; readonly mark: Mark }
