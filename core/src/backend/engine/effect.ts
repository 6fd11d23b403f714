import type { Ballot } from '../../contract/ballot.js'
import type { CheckpointInfo } from '../../contract/checkpoint-store.js'
import type { Slot } from '../../contract/slot.js'

/** A checkpoint and the name of the blob that holds its state. */
export interface StoredCheckpoint extends CheckpointInfo {
  readonly blob: string
}

/**
 * What a judged call changes. The law decides which effects there are; an engine only makes them durable, in order.
 * The effects of one call are one atomic unit. Byte arrays are never changed after they were handed over.
 */
export type Effect =
  /** The slot holds this proposal now; it replaces any undecided one. */
  | {
      readonly kind: 'accept'
      readonly slot: Slot
      readonly ballot: Ballot
      readonly value: Uint8Array
      readonly proof: Uint8Array | undefined
    }
  /** The slot is decided. Also repairs a damaged slot. */
  | {
      readonly kind: 'decide'
      readonly slot: Slot
      readonly ballot: Ballot
      readonly value: Uint8Array
      readonly proof: Uint8Array | undefined
      /** The newest accepted version has this very ballot, value and proof: a mark on it is enough. */
      readonly matchesAccepted: boolean
    }
  /** Undecided proposals with `from <= slot < to` are gone. */
  | { readonly kind: 'discard'; readonly from: Slot; readonly to: Slot }
  | { readonly kind: 'promise'; readonly ballot: Ballot }
  /** The point moves up: everything below it is gone. */
  | { readonly kind: 'compact'; readonly before: Slot; readonly ballot: Ballot | undefined }
  | {
      readonly kind: 'configure'
      readonly name: string
      readonly version: number
      readonly value: Uint8Array
    }
  /** The checkpoint exists: its blob is durable already. */
  | { readonly kind: 'checkpoint'; readonly checkpoint: StoredCheckpoint }
  | { readonly kind: 'drop-checkpoint'; readonly slot: Slot; readonly blob: string }
  /** The user took the loss of votes on himself. */
  | { readonly kind: 'accept-lost-votes' }

/** The effect of one kind. */
export type EffectOf<K extends Effect['kind']> = Extract<Effect, { kind: K }>
