import type { Capabilities } from './capabilities.js'
import type {
  AcceptAllOptions,
  CallOptions,
  DecisionScan,
  DiscardResult,
  ScanOptions,
  WriteOptions,
} from './decision-log.js'
import type { Ballot } from './ballot.js'
import type { BorrowedReads, SyncReads } from './facets.js'
import type { CommitId, Decision, Proposal } from './proposal.js'
import type { OpenSlotRange, Slot } from './slot.js'

/**
 * What the owner of a log posts to worker threads of its process, by `postMessage` or `workerData`; `attachLog` makes a log
 * of it there. It may be posted any number of times, and holds memory that is shared: nothing to store or to look into.
 *
 * As many threads as `seats` says may be attached by one handle at a time; the owner makes another one for more. A seat is
 * free again when its log is closed or its thread exits; a thread that is ended by `terminate` keeps it.
 */
export interface ThreadHandle {
  /** The name of the backend that attaches it. */
  readonly backend: string
  readonly seats: number
}

/** How far the log has come, as of the call: what a thread may rest on without asking the owner. */
export interface SharedBounds {
  /** The point: slots below it are gone. */
  readonly compactedBefore: Slot
  /** The first slot from the point on that is not decided. */
  readonly contiguousTo: Slot
  /** One behind the highest decided slot; never below the point. */
  readonly decidedTo: Slot
}

/**
 * An open log as another thread of its owner's process has it.
 *
 * **Who judges.** The owner's thread, and nobody else: the state that the ballot law rests on has one writer. Writes from
 * here are handed to it in the order of the calls, and have the answers, errors and survival that the same calls have
 * there; a promise stops lower accepts of all threads alike, because they are judged one after the other. An owner whose
 * thread is busy answers late.
 *
 * **What is shown.** Reads of decisions need no answer of the owner where the backend shares its memory (`syncReads` is
 * there then); they take no lock, and hold up neither the owner nor each other. A decision is shown here when it survives
 * what its own write asked, so possibly just before the owner's promise resolves; the items of a batch are shown at once.
 * What a thread has seen decided it never sees undecided again. No thread ever sees a part of a record, another slot's
 * record, or memory that was given back: it is the decision, or an error that says why not.
 *
 * **Ends.** The owner's `close` ends every attached log: what is called then, and what is not answered then, is
 * `PLOG_NOT_OPEN`. A write that got this answer was not judged, or was judged and done just before the end: ask the log
 * when it is open again. A thread that ends in the middle of a call harms nobody; its call is judged whole or not at all.
 */
export interface AttachedLog extends AsyncDisposable {
  readonly backend: string
  readonly firstSlot: Slot
  /** Those of the owner's log, with what this thread has of its facets. */
  readonly capabilities: Capabilities
  readonly state: 'open' | 'closed'

  /** The decision in a slot; `undefined` when it is undecided. */
  read(slot: Slot, options?: CallOptions): Promise<Decision | undefined>
  /** As the owner shows it when the call reaches it. */
  readAccepted(slot: Slot, options?: CallOptions): Promise<Proposal | undefined>
  /**
   * Decisions in a range, with the laws of every scan; the upper bound is frozen at the call. Proposals are not on offer:
   * `includeAccepted` is a name that is not known here.
   */
  decisions(range?: OpenSlotRange, options?: Omit<ScanOptions, 'includeAccepted'>): DecisionScan
  bounds(): SharedBounds
  /**
   * Resolves when this slot and all from the point up to it are decided: a read that follows finds it, unless it was
   * compacted. Costs nothing while it waits. `PLOG_COMPACTED` when the slot is below the point by then.
   */
  waitFor(slot: Slot, options?: CallOptions): Promise<void>

  readonly syncReads?: Pick<SyncReads, 'read'> | undefined
  /** A scan from here ends at `decidedTo`, as of the call, where its range goes on. */
  readonly borrowedReads?: BorrowedReads | undefined

  promise(ballot: Ballot, options?: CallOptions): Promise<void>
  accept(proposal: Proposal, options?: WriteOptions): Promise<void>
  acceptAll(proposals: readonly Proposal[], options?: AcceptAllOptions): Promise<void>
  commit(id: CommitId, options?: WriteOptions): Promise<void>
  commitAll(ids: readonly CommitId[], options?: WriteOptions): Promise<void>
  learn(decision: Decision, options?: WriteOptions): Promise<void>
  learnAll(decisions: readonly Decision[], options?: WriteOptions): Promise<void>
  discard(
    range: { readonly from: Slot; readonly to?: Slot | undefined },
    options?: WriteOptions,
  ): Promise<DiscardResult>

  /** Earlier calls are answered, then the seat is free. Idempotent. The owner's log stays open. */
  close(): Promise<void>
}
