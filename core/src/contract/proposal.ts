import type { Ballot } from './ballot.js'
import type { Slot } from './slot.js'

/**
 * A value that somebody proposes for a slot. Once accepted it is remembered, but not decided.
 *
 * Two proposals carry the *same value* when their value bytes are equal; the proof is no part of it. An empty value is
 * a value. A log copies the bytes it is handed before the call returns; bytes that it hands out belong to the caller, who may
 * change them. The memory behind a short value may be shared with other values that were handed out, as that of a `Buffer`
 * may: copy what is to be transferred to another thread or into a stream of bytes.
 */
export interface Proposal {
  readonly slot: Slot
  readonly ballot: Ballot
  readonly value: Uint8Array
  /** What convinces others, for instance a certificate of a BFT quorum. Opaque to the log. */
  readonly proof?: Uint8Array | undefined
}

/** A committed proposal: immutable for ever. `ballot` and `proof` are those under which it was first decided. */
export interface Decision {
  readonly slot: Slot
  readonly ballot: Ballot
  readonly value: Uint8Array
  readonly proof?: Uint8Array | undefined
}

/** Names an accepted proposal that is to be decided. A proof given here replaces the proposal's own. */
export interface CommitId {
  readonly slot: Slot
  readonly ballot: Ballot
  readonly proof?: Uint8Array | undefined
}

/** What a scan yields: each slot once, as what it was when the scan reached it. */
export type LogEntry =
  (Decision & { readonly status: 'decided' }) | (Proposal & { readonly status: 'accepted' })
