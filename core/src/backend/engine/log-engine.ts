import type { Ballot } from '../../contract/ballot.js'
import type { Capabilities } from '../../contract/capabilities.js'
import type { Damage } from '../../contract/reports.js'
import type { Proposal } from '../../contract/proposal.js'
import type { Slot } from '../../contract/slot.js'
import type { Survival } from '../../contract/survival.js'
import type { ThreadHandle } from '../../contract/threads.js'
import type { ServedCalls } from '../threads/thread-server.js'
import type { Effect } from './effect.js'

/** The stored bytes of a slot. */
export interface StoredEntry {
  readonly ballot: Ballot
  readonly value: Uint8Array
  readonly proof: Uint8Array | undefined
}

/** What an engine counts; the log adds the rest of its metrics. */
export interface EngineCounters {
  readonly flushes: number
  readonly flushedWrites: number
  readonly bytesWritten: number
}

/** What an engine's own verification read and found. */
export interface EngineVerification {
  readonly slots: number
  readonly bytes: number
  readonly damaged: readonly Damage[]
}

/**
 * States of checkpoints, parts of them, and lists of parts, by name: big, immutable, invisible until a `checkpoint` effect
 * names them, or a list that one names.
 */
export interface BlobStore {
  /** A new blob. Its name is new too; what was never named is removed at the next open. */
  create(): BlobWriter
  /** The content, chunk by chunk, each verified; rejects with `PLOG_CORRUPTED`. */
  read(blob: string): AsyncIterable<Uint8Array>
  remove(blob: string): Promise<void>
  /** Part of opening: removes what a crash left between a blob and the effect that would have named it. */
  removeAllBut(named: ReadonlySet<string>): Promise<void>
}

/** Writes one blob. */
export interface BlobWriter {
  readonly blob: string
  /** Chunks of any length; may be kept after the call returns only until the promise settles. */
  write(chunk: Uint8Array): Promise<void>
  /** Resolves when the whole blob is at the engine's strongest survival. */
  finish(): Promise<void>
  abort(): Promise<void>
}

/**
 * Single writes that need no Promise, because the engine has them in memory that outlives the event named. `EngineLog`
 * asks only after the law has judged, and only while no other write of the slot and none of the whole log (promise,
 * discard, batch, compaction) is under way; they are ordered behind everything that `write` took over before.
 */
export interface AtOnceWrites {
  /** What a write has outlived as soon as the call returns, as every write that has resolved has. */
  readonly survives: Survival
  /**
   * The slot holds this proposal now; the bytes are copied. False, and nothing has happened: it would have to wait (for
   * space, or until something that must be durable before is so). A call that returns false sees to it that a later one
   * need not.
   */
  accept(slot: Slot, ballot: Ballot, value: Uint8Array, proof: Uint8Array | undefined): boolean
  /**
   * The stored proposal, which has this ballot, is decided. False: as above, or its bytes are damaged. Throws, and nothing
   * has happened, when it has to be read and cannot be.
   */
  commit(slot: Slot, ballot: Ballot): boolean
  /** The slot is decided with these bytes, whatever it held; they are copied. False: as above. */
  decide(slot: Slot, ballot: Ballot, value: Uint8Array, proof: Uint8Array | undefined): boolean
  /**
   * The stored proposal is going to be decided with a flush: resolves when that survives the strongest that the engine
   * offers. One promise for all that share the flush, and each flush has its own. `undefined`: nothing has happened, the
   * way through `write` is open.
   */
  commitWithFlush?(slot: Slot): Promise<void> | undefined
  /** Like `accept`, of several slots: all of them hold their proposals, after a crash too, or none does. */
  acceptAll?(proposals: readonly Proposal[]): boolean
  /** Like `commitWithFlush`, of several slots as one atomic unit. */
  commitAllWithFlush?(slots: readonly Slot[]): Promise<void> | undefined
}

/**
 * The part of a backend that stores: `EngineLog` puts the whole contract above it. Every call comes from one thread,
 * after the law has judged; an engine never refuses, it succeeds or it fails (and a failed write poisons the log).
 *
 * The ledger that is handed to `EngineLog` beside the engine says which slots hold what; the engine is asked for bytes
 * only.
 */
export interface LogEngine {
  readonly backend: string
  readonly capabilities: Capabilities
  readonly blobs: BlobStore
  /**
   * The newest version of a slot whose write has resolved; the caller owns the bytes. `'damaged'`: it was there and is
   * not readable. Asked only for slots that the ledger says are decided or accepted.
   */
  read(slot: Slot): StoredEntry | 'damaged'
  /** Like `read`, but the bytes live only until the next call of the engine. */
  borrow?(slot: Slot): StoredEntry | 'damaged'
  /** The value alone, as `borrow` lends it: for readers that count nanoseconds. */
  borrowValue?(slot: Slot): Uint8Array | 'damaged'
  /**
   * True where the next read overwrites what was borrowed. While a view of it is lent to a user, the engine keeps that one
   * (`besideLent`), and what is borrowed meanwhile is a copy.
   */
  readonly overwritesLent?: boolean
  /**
   * True while a crash may take something that was written and leave a later write. Absent: it never does. A batch that
   * repeats such a thing writes it again, or the crash would leave a part of the batch.
   */
  readonly holdsWeakWrites?: boolean
  /** Present exactly if the engine can write without a Promise. */
  readonly atOnce?: AtOnceWrites | undefined
  /**
   * Present exactly if the log may be attached to threads: a handle for them, whose calls `log` answers. Nothing is shared
   * before the first call.
   */
  readonly threadHandle?: ((log: ServedCalls) => ThreadHandle) | undefined
  /**
   * Makes the effects durable as one atomic unit: taken over before the call returns, in the order of the calls.
   * Resolves when they, and all earlier promises and discards, outlive `survives`; writes of one survival resolve in the
   * order of the calls. No effects: resolves when everything taken over before outlives it. A rejection means that
   * nothing later can be trusted; the engine refuses all later writes, and `close` still releases everything.
   *
   * `decide` with `matchesAccepted` is the commit of an accepted proposal whose write may not have resolved yet. An effect
   * may say what the slot holds already: from now on it survives as this write does.
   */
  write(effects: readonly Effect[], survives: Survival): Promise<void>
  /** Give the space below the point back, after a `compact` effect has resolved; resumable after a crash. */
  reclaim(): Promise<void>
  /** Reads all stored bytes of slots, and of the blobs that `checkpoint` effects name, as of the call. */
  verify(signal: AbortSignal | undefined): Promise<EngineVerification>
  counters(): EngineCounters
  /** Flushes what is written and releases everything, also when that fails. */
  close(): Promise<void>
}
