import type {
  CheckpointInfo,
  InstallCheckpointOptions,
  StoreCheckpointOptions,
} from '../../contract/checkpoint-store.js'
import type {
  AcceptAllOptions,
  CallOptions,
  DecisionLog,
  ScanOptions,
  WriteOptions,
} from '../../contract/decision-log.js'
import type { PersistentLog } from '../../contract/persistent-log.js'
import type { Decision, LogEntry, Proposal } from '../../contract/proposal.js'
import type { OpenSlotRange, Slot } from '../../contract/slot.js'

/** A thing of the log whose value is typed. */
export type Typed<Thing extends { readonly value: Uint8Array }, T> = Thing extends unknown
  ? Omit<Thing, 'value'> & { readonly value: T }
  : never

/** A proposal with a typed value. */
export type TypedProposal<D> = Typed<Proposal, D>

/** A decision with a typed value. */
export type TypedDecision<D> = Typed<Decision, D>

/** What a scan of a typed log yields. */
export type TypedEntry<D> = Typed<LogEntry, D>

/** A scan of a typed log; the same laws. */
export interface TypedScan<D> extends AsyncIterable<TypedEntry<D>> {
  nextBatch(): Promise<TypedEntry<D>[] | undefined>
}

/** Checkpoints with typed states. A state is encoded in one piece; use `log.checkpoints` for one that must be streamed. */
export interface TypedCheckpoints<S> {
  store(slot: Slot, state: S, options?: StoreCheckpointOptions): Promise<CheckpointInfo>
  install(slot: Slot, state: S, options?: InstallCheckpointOptions): Promise<CheckpointInfo>
  /** The state at exactly `slot`, checked against the digest of the checkpoint: `PLOG_DIGEST_MISMATCH`. */
  read(slot: Slot, options?: CallOptions): Promise<S>
  readonly latest: PersistentLog['checkpoints']['latest']
  readonly nearest: PersistentLog['checkpoints']['nearest']
  readonly list: PersistentLog['checkpoints']['list']
  readonly prune: PersistentLog['checkpoints']['prune']
}

/** A configuration record with a typed value. */
export interface TypedRecord<C> {
  readonly version: number
  readonly value: C
}

/** Configuration with typed values. */
export interface TypedConfiguration<C> {
  load(name: string, options?: CallOptions): Promise<TypedRecord<C> | undefined>
  store(name: string, record: TypedRecord<C>, options?: CallOptions): Promise<void>
}

/**
 * A log of values instead of bytes: the same calls, laws and errors.
 *
 * Each value is stored with its SHA-256 and checked on every read (`PLOG_DIGEST_MISMATCH`). Two values are the same when
 * the codec of today encodes them to the same bytes, however they were encoded when they were stored.
 *
 * Limits are bytes of the encoded value. The digest takes 32 of them, which `capabilities.limits` has taken off already:
 * exactly the limit works. `uncommittedBytes` is the engine's own count, in which each undecided proposal weighs 32 more.
 */
export interface TypedLog<D, S, C>
  extends
    Pick<DecisionLog, 'promise' | 'promised' | 'commit' | 'commitAll' | 'discard' | 'bounds' | 'gaps'>,
    Pick<
      PersistentLog,
      | 'backend'
      | 'status'
      | 'capabilities'
      | 'firstSlot'
      | 'recovery'
      | 'compact'
      | 'flush'
      | 'verify'
      | 'metrics'
      | 'close'
    >,
    AsyncDisposable {
  /** The log of bytes below. Values written to it directly are refused when they are read here. */
  readonly log: PersistentLog
  readonly checkpoints: TypedCheckpoints<S>
  readonly configuration: TypedConfiguration<C>

  accept(proposal: TypedProposal<D>, options?: WriteOptions): Promise<void>
  acceptAll(proposals: readonly TypedProposal<D>[], options?: AcceptAllOptions): Promise<void>
  learn(decision: TypedDecision<D>, options?: WriteOptions): Promise<void>
  learnAll(decisions: readonly TypedDecision<D>[], options?: WriteOptions): Promise<void>
  read(slot: Slot, options?: CallOptions): Promise<TypedDecision<D> | undefined>
  readAccepted(slot: Slot, options?: CallOptions): Promise<TypedProposal<D> | undefined>
  decisions(range?: OpenSlotRange, options?: ScanOptions): TypedScan<D>
  uncommitted(range?: OpenSlotRange, options?: Omit<ScanOptions, 'includeAccepted'>): TypedScan<D>

  /** Reads without a Promise, where the log below has them. */
  readonly syncReads?:
    | {
        read(slot: Slot): TypedDecision<D> | undefined
        readAccepted(slot: Slot): TypedProposal<D> | undefined
      }
    | undefined
}
