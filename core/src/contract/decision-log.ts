import type { Ballot } from './ballot.js'
import type { CommitId, Decision, LogEntry, Proposal } from './proposal.js'
import type { OpenSlotRange, Slot, SlotRange } from './slot.js'
import type { Survival } from './survival.js'

/**
 * Every method takes a signal: an abort before the write is handed to the engine rejects, and nothing was written.
 *
 * A name that a call does not know, in its options or in a range, is a `TypeError` with that name and the ones it knows: a
 * slip (`retian`, `discardfrom`, an option in the place of a range) would do something else than was written. A name whose
 * value is `undefined` counts as absent, and what an object of a class holds besides is its own business. Only the accepts,
 * commits, learns and reads of single slots, which are called most, look at nothing but the names they know.
 */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

/** How a write is acknowledged. */
export interface WriteOptions extends CallOptions {
  /**
   * Resolve when the effect outlives this event. Default: the log's configured durability, itself by default the
   * strongest that the backend offers. More than the capability is `PLOG_UNSUPPORTED` before anything is written.
   */
  readonly survives?: Survival | undefined
}

/** Options of `acceptAll`. */
export interface AcceptAllOptions extends WriteOptions {
  /**
   * Drop every undecided slot from here on and store the batch in the same atomic write (Raft's conflict truncation).
   * The items are judged as if the drop were done. A decided slot from here on rejects the call with
   * `PLOG_ALREADY_COMMITTED`, unless the batch holds the same value for it; a damaged one with `PLOG_CORRUPTED`, since
   * it may be decided.
   */
  readonly discardFrom?: Slot | undefined
}

/** What a discard did, in slots of its range. */
export interface DiscardResult {
  readonly discarded: number
  readonly keptCommitted: number
}

/** Where the log stands: constant size, no I/O. Everything counted here already survives what its write asked. */
export interface LogBounds {
  /** The point: slots below it are gone. A new log starts with its `firstSlot`. */
  readonly compactedBefore: Slot
  /** The ballot of the decision just below the point, where it is known (Raft's lastIncludedTerm). */
  readonly compactedBallot?: Ballot | undefined
  /** The first slot from the point on that is not decided. */
  readonly contiguousTo: Slot
  /** One behind the highest stored slot, accepted or decided; never below the point. */
  readonly nextSlot: Slot
  /** The lowest and the highest decided slot; absent when none is. */
  readonly lowest?: Slot | undefined
  readonly highest?: Slot | undefined
  readonly committedCount: number
  readonly acceptedCount: number
  /** Slots that once held something and are damaged now; `learn` repairs them. */
  readonly damagedCount: number
  /** Slots from the point to `nextSlot` that hold nothing. */
  readonly missingCount: number
}

/** Options of a scan. */
export interface ScanOptions extends CallOptions {
  /** Yield accepted proposals as well: a Phase 1 answer is this scan and the point. Default false. */
  readonly includeAccepted?: boolean | undefined
  /** Most entries that `nextBatch` returns, 1 to 65,536. Default 256. */
  readonly batchLength?: number | undefined
  /** A damaged slot rejects the scan with `PLOG_CORRUPTED` (default), or is left out. */
  readonly damaged?: 'reject' | 'skip' | undefined
}

/**
 * Entries in ascending slot order; gaps are skipped. The upper bound is frozen at the call: what is stored behind it
 * later is not seen. Each slot is judged once, when the scan reaches it.
 *
 * The call that makes a scan never throws: what is wrong with it (arguments, a closed log, a `from` below the point)
 * rejects every pull. A scan that `close` or a compaction overtakes rejects (`PLOG_NOT_OPEN`, `PLOG_COMPACTED`): it
 * never just ends. It never holds a compaction up.
 */
export interface DecisionScan extends AsyncIterable<LogEntry> {
  /** The next entries, at least one; `undefined` at the end. One call at a time. */
  nextBatch(): Promise<LogEntry[] | undefined>
}

/**
 * The decisions of a consensus log and the votes behind them.
 *
 * **Order.** Calls on one slot are judged in the order of the calls; `promise`, `discard` and batches are ordered
 * against all slots. A refusal may rest on effects that are not flushed yet.
 *
 * **Visibility.** Nothing is shown (reads, scans, bounds) before it survives what its own write asked.
 *
 * Every call that names a slot below the point rejects with `PLOG_COMPACTED`. A damaged slot answers `PLOG_CORRUPTED`
 * to every call but `learn`: it is not an empty one.
 */
export interface DecisionLog {
  /**
   * Promise to refuse every accept below `ballot`, on the whole log (Paxos Phase 1b). Equal: no-op. Lower than the
   * promise: `PLOG_STALE_BALLOT` with the promise. Always at the log's strongest survival.
   *
   * Not for the vote of Raft, whose leaders ship entries of older terms: term and vote are a configuration there.
   */
  promise(ballot: Ballot, options?: CallOptions): Promise<void>
  /** The highest promise so far; `undefined` when none was given. */
  promised(): Ballot | undefined

  /**
   * Accept a proposal (Paxos Phase 2b). It replaces one of a lower ballot in the same slot.
   *
   * Decided slot: same value is a no-op, another `PLOG_ALREADY_COMMITTED`. Equal ballot stored: same value is a
   * no-op, another `PLOG_BALLOT_REUSED`. Ballot below the promise or the stored one: `PLOG_STALE_BALLOT`.
   */
  accept(proposal: Proposal, options?: WriteOptions): Promise<void>
  /** Accept all or none, also after a crash; shown at once. A refusal names the first offender in `context.index`. */
  acceptAll(proposals: readonly Proposal[], options?: AcceptAllOptions): Promise<void>

  /**
   * Decide the accepted proposal of exactly this ballot. On a decided slot: no-op. Nothing stored:
   * `PLOG_NOT_ACCEPTED`. Another ballot stored: `PLOG_BALLOT_MISMATCH` with it, repaired by `learn`.
   */
  commit(id: CommitId, options?: WriteOptions): Promise<void>
  /** Commit all or none. */
  commitAll(ids: readonly CommitId[], options?: WriteOptions): Promise<void>

  /**
   * Take over a decision made elsewhere, whatever was accepted or promised here: a decision outranks both. It also
   * repairs a damaged slot. Another value decided: `PLOG_ALREADY_COMMITTED`; another value under the same ballot:
   * `PLOG_BALLOT_REUSED`.
   */
  learn(decision: Decision, options?: WriteOptions): Promise<void>
  /** Learn all or none. */
  learnAll(decisions: readonly Decision[], options?: WriteOptions): Promise<void>

  /** The decision in a slot; `undefined` when it is undecided. */
  read(slot: Slot, options?: CallOptions): Promise<Decision | undefined>
  /** The accepted proposal in a slot; `undefined` when there is none or it was decided. */
  readAccepted(slot: Slot, options?: CallOptions): Promise<Proposal | undefined>

  /** Decisions in a range; with `includeAccepted` the undecided proposals too. */
  decisions(range?: OpenSlotRange, options?: ScanOptions): DecisionScan
  /** Accepted, undecided proposals in a range. */
  uncommitted(range?: OpenSlotRange, options?: Omit<ScanOptions, 'includeAccepted'>): DecisionScan

  /**
   * Drop the undecided proposals of a range; decisions and the promise stay. For protocols that prove the proposals
   * dead (Raft); never for a Paxos acceptor, which would forget its vote. Without `to` it drops all from `from` on. A
   * damaged slot in the range may be decided: `PLOG_CORRUPTED`, and nothing is dropped.
   */
  discard(
    range: { readonly from: Slot; readonly to?: Slot | undefined },
    options?: WriteOptions,
  ): Promise<DiscardResult>

  bounds(): LogBounds
  /** The ranges of undecided slots (accepted, missing or damaged) as of the first pull; without `to` up to `nextSlot`. */
  gaps(range?: OpenSlotRange, options?: CallOptions): AsyncIterable<SlotRange>
}
