import type { Limits } from './capabilities.js'
import type { DurabilityConfig, PersistentLog } from './persistent-log.js'
import type { Slot } from './slot.js'
import type { AttachedLog, ThreadHandle } from './threads.js'

/** What a backend is given to open a log: the configuration's common fields, resolved and checked, and its own options. */
export interface OpenContext<Options = unknown> {
  /** Absolute. A backend without files ignores it. */
  readonly directory: string | undefined
  readonly firstSlot: Slot
  /** Weaker defaults that the user wrote out, absent: the strongest; and when weaker writes are flushed. */
  readonly durability: DurabilityConfig
  /** Over damage in what open reads: refuse, or open with everything that is intact. */
  readonly recovery: 'strict' | 'salvage'
  /** The user takes the loss of votes on himself: this node rejoins as a new one. */
  readonly acceptLostVotes: boolean
  /** How long an accept waits for space in ms. */
  readonly fullWaitMs: number
  /** Views that die are to be overwritten: `poisonViews` of this package makes such borrowed reads of others. */
  readonly poisonViews: boolean
  /** Lower limits that the user wrote out. */
  readonly limits: Partial<Limits>
  /** The backend's own section of the configuration, parsed by its schema. */
  readonly options: Options
}

/** Checks and completes a backend's own section of the configuration. `fields()` makes one; a schema of zod is one. */
export interface OptionsSchema<Options> {
  safeParse(
    input: unknown,
  ):
    | { readonly success: true; readonly data: Options }
    | { readonly success: false; readonly error: { readonly issues: readonly OptionsIssue[] } }
}

/** One thing that is wrong with an option. */
export interface OptionsIssue {
  readonly path: readonly PropertyKey[]
  readonly message: string
  /** Where the last key of the path is one that nobody would read: those that may stand there. */
  readonly knownKeys?: readonly string[] | undefined
}

/** A way to store a log. A package that offers one exports it as `backend`. */
export interface Backend<Options = unknown> {
  /** Also the key of its section in `options`: lower-case letters, digits and dashes. */
  readonly name: string
  /** One line for people who choose. */
  readonly summary: string
  /** True when it stores files, so that `directory` is required. */
  readonly needsDirectory: boolean
  readonly options: OptionsSchema<Options>
  /** Opens the log, recovers it, and takes its lock: what is returned is ready. */
  open(context: OpenContext<Options>): Promise<PersistentLog>
  /** Where its logs have a `threadHandle`: makes a log of one in the calling thread. */
  attach?(handle: ThreadHandle): Promise<AttachedLog>
}
