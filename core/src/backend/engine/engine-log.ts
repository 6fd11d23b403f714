import type { Ballot } from '../../contract/ballot.js'
import type { OpenContext } from '../../contract/backend.js'
import type { Capabilities } from '../../contract/capabilities.js'
import type {
  AcceptAllOptions,
  CallOptions,
  DecisionScan,
  DiscardResult,
  LogBounds,
  ScanOptions,
  WriteOptions,
} from '../../contract/decision-log.js'
import type { BorrowedReads, SyncReads, SyncWrites } from '../../contract/facets.js'
import type { CompactOptions, LogStatus, PersistentLog } from '../../contract/persistent-log.js'
import type { CommitId, Decision, Proposal } from '../../contract/proposal.js'
import type {
  CompactionReport,
  Damage,
  LogMetrics,
  RecoveryReport,
  VerifyReport,
} from '../../contract/reports.js'
import type { OpenSlotRange, Slot, SlotRange } from '../../contract/slot.js'
import type { ThreadHandle } from '../../contract/threads.js'
import * as check from '../arguments.js'
import { AtOnce, syncWritesOf } from './at-once.js'
import { BatchWrites } from './batch-writes.js'
import { CheckpointHealth, type CheckpointContents } from './checkpoint-health.js'
import { EngineCheckpoints } from './checkpoints.js'
import { Compaction } from './compaction.js'
import { EngineConfigurations } from './configurations.js'
import { borrowedReadsOf, Reads, syncReadsOf } from './reads.js'
import type { Ledger } from './ledger.js'
import { LifeCycle } from './life-cycle.js'
import type { LogEngine } from './log-engine.js'
import { logParts, type LogParts } from './log-parts.js'
import { Descriptors } from './parts/descriptors.js'
import { PartBlobs } from './parts/part-blobs.js'
import { verifyParts } from './parts/verify-parts.js'
import { EngineScan } from './scan.js'
import { poisonViews } from '../poisoned-views.js'
import { SingleWrites } from './single-writes.js'
import { WholeLogWrites } from './whole-log-writes.js'
import { WritePath } from './write-path.js'

/** An engine that was opened and recovered, and what the user asked for. */
export interface OpenedEngine {
  readonly engine: LogEngine
  /** The slot the log began with when it was created. */
  readonly firstSlot: Slot
  /** What recovery found in each slot; it is copied. */
  readonly ledger: Ledger
  readonly recovery: RecoveryReport
  readonly context: Pick<
    OpenContext,
    'durability' | 'limits' | 'fullWaitMs' | 'acceptLostVotes' | 'poisonViews'
  >
}

/**
 * Puts the whole contract above an engine and returns the open log. A configuration that asks for more than the engine
 * offers closes the engine and rejects with `PLOG_UNSUPPORTED`.
 */
export async function openEngineLog(opened: OpenedEngine): Promise<PersistentLog> {
  const { engine, context } = opened
  try {
    const log = new EngineLog(opened)
    await log.loadCheckpoints()
    if (context.acceptLostVotes) await log.acceptLostVotes()
    return log
  } catch (error) {
    // The first failure is the one to tell.
    await engine.close().catch(() => undefined)
    throw error
  }
}

/** The contract over an engine: a facade; each part of it lives in a file of its own. */
class EngineLog implements PersistentLog {
  readonly backend: string
  readonly firstSlot: Slot
  readonly capabilities: Capabilities
  readonly recovery: RecoveryReport
  readonly checkpoints: EngineCheckpoints
  readonly configuration: EngineConfigurations
  readonly syncReads: SyncReads | undefined
  readonly borrowedReads: BorrowedReads | undefined
  readonly syncWrites: SyncWrites | undefined
  readonly threadHandle: (() => ThreadHandle) | undefined
  readonly #life = new LifeCycle()
  readonly #parts: LogParts
  readonly #single: SingleWrites
  readonly #batches: BatchWrites
  readonly #wholeLog: WholeLogWrites
  readonly #reads: Reads
  readonly #compaction: Compaction
  readonly #contents: CheckpointContents

  constructor({ engine, firstSlot, ledger, recovery, context }: OpenedEngine) {
    const writes = new WritePath(engine, ledger, this.#life)
    const blobs = new PartBlobs(engine.blobs, this.#life)
    const contents = { engine, parts: blobs, descriptors: new Descriptors() }
    const health = new CheckpointHealth(contents, writes, this.#life)
    const parts = logParts(engine, this.#life, writes, context)
    this.#parts = parts
    this.#contents = contents
    this.backend = engine.backend
    this.firstSlot = firstSlot
    const survives = Object.freeze({ ...engine.capabilities.survives })
    this.capabilities = Object.freeze({ ...engine.capabilities, survives, limits: parts.limits })
    this.recovery = recovery
    this.checkpoints = new EngineCheckpoints(parts, health, contents)
    this.configuration = new EngineConfigurations(parts)
    const atOnce = engine.atOnce && new AtOnce(parts, engine.atOnce)
    this.#single = new SingleWrites(parts, atOnce)
    this.#batches = new BatchWrites(parts, atOnce)
    this.#wholeLog = new WholeLogWrites(parts)
    this.#reads = new Reads(parts)
    this.#compaction = new Compaction(parts, health)
    if (this.capabilities.syncReads) this.syncReads = syncReadsOf(this.#reads)
    if (this.capabilities.syncWrites && atOnce) this.syncWrites = syncWritesOf(atOnce, parts)
    if (engine.threadHandle) {
      this.threadHandle = () => {
        this.#life.check('threadHandle', 'read')
        return engine.threadHandle!(this)
      }
    }
    if (this.capabilities.borrowedReads) {
      const reads = borrowedReadsOf(this.#reads)
      this.borrowedReads = context.poisonViews ? poisonViews(reads) : reads
    }
  }

  get status(): LogStatus {
    const { writes, durability } = this.#parts
    const { state, cause } = this.#life
    return { state, cause, durability, votesLost: writes.shown.votesLost }
  }

  promise(ballot: Ballot, options?: CallOptions): Promise<void> {
    return this.#wholeLog.promise(ballot, options)
  }

  promised(): Ballot | undefined {
    this.#life.check('promised', 'read')
    const { promised } = this.#parts.writes.shown
    return promised && { ...promised }
  }

  accept(proposal: Proposal, options?: WriteOptions): Promise<void> {
    return this.#single.accept(proposal, options)
  }

  acceptAll(proposals: readonly Proposal[], options?: AcceptAllOptions): Promise<void> {
    return this.#batches.acceptAll(proposals, options)
  }

  commit(id: CommitId, options?: WriteOptions): Promise<void> {
    return this.#single.commit(id, options)
  }

  commitAll(ids: readonly CommitId[], options?: WriteOptions): Promise<void> {
    return this.#batches.commitAll(ids, options)
  }

  learn(decision: Decision, options?: WriteOptions): Promise<void> {
    return this.#single.learn(decision, options)
  }

  learnAll(decisions: readonly Decision[], options?: WriteOptions): Promise<void> {
    return this.#batches.learnAll(decisions, options)
  }

  async read(slot: Slot, options?: CallOptions): Promise<Decision | undefined> {
    check.checkSlot(slot)
    check.checkSignal(options)
    return this.#life.run('read', 'read', options?.signal, () => this.#reads.decision(slot))
  }

  async readAccepted(slot: Slot, options?: CallOptions): Promise<Proposal | undefined> {
    check.checkSlot(slot)
    check.checkSignal(options)
    return this.#life.run('readAccepted', 'read', options?.signal, () => this.#reads.accepted(slot))
  }

  decisions(range?: OpenSlotRange, options?: ScanOptions): DecisionScan {
    const scope = { operation: 'decisions', decided: true, accepted: options?.includeAccepted === true }
    return new EngineScan(this.#life, this.#parts.writes, scope, range, options)
  }

  uncommitted(range?: OpenSlotRange, options?: Omit<ScanOptions, 'includeAccepted'>): DecisionScan {
    const scope = { operation: 'uncommitted', decided: false, accepted: true }
    return new EngineScan(this.#life, this.#parts.writes, scope, range, options)
  }

  discard(range: { from: Slot; to?: Slot | undefined }, options?: WriteOptions): Promise<DiscardResult> {
    return this.#wholeLog.discard(range, options)
  }

  bounds(): LogBounds {
    this.#life.check('bounds', 'read')
    return this.#parts.writes.shown.bounds()
  }

  gaps(range?: OpenSlotRange, options?: CallOptions): AsyncIterable<SlotRange> {
    return this.#reads.gaps(range, options)
  }

  compact(options: CompactOptions): Promise<CompactionReport> {
    return this.#compaction.compact(options)
  }

  async flush(options?: CallOptions): Promise<void> {
    check.checkOptions(options)
    const { writes, strongest } = this.#parts
    await this.#life.run('flush', 'write', options?.signal, () =>
      writes.write('flush', [], strongest, 'earlier'),
    )
  }

  async verify(options?: CallOptions): Promise<VerifyReport> {
    check.checkOptions(options)
    const { engine, writes } = this.#parts
    return this.#life.run('verify', 'read', options?.signal, async () => {
      const checkpoints = writes.shown.checkpoints.length
      const found = await engine.verify(options?.signal)
      const parts = await verifyParts(this.#contents, options?.signal)
      const damaged = [...found.damaged, ...this.#knownBeside(found.damaged), ...parts.damaged]
      return { ...found, ok: damaged.length === 0, checkpoints, bytes: found.bytes + parts.bytes, damaged }
    })
  }

  /** Slots that are known to be damaged and that nothing of this is about: an engine may have nothing left of them to read. */
  #knownBeside(found: readonly Damage[]): Damage[] {
    const known = this.#parts.writes.shown.damaged.copy()
    for (const { slots } of found) if (slots) known.remove(slots.from, slots.to)
    return [...known.ranges()].map((slots) => ({ reason: 'the slots are known to be damaged', slots }))
  }

  metrics(): LogMetrics {
    const { counts, engine, writes, space } = this.#parts
    const { uncommittedBytes } = writes.judged
    return { ...counts, ...engine.counters(), uncommittedBytes, waitingForSpace: space.waiting }
  }

  /** Part of opening: what the checkpoints are made of; what a crash left beside them goes. */
  async loadCheckpoints(): Promise<void> {
    const { engine, parts, descriptors } = this.#contents
    const { checkpoints } = this.#parts.writes.judged
    await descriptors.load(engine.blobs, parts, checkpoints)
    // Over damage nothing is removed: what named it may be what is damaged.
    const named = this.recovery.damaged.length === 0 ? descriptors.named(checkpoints) : undefined
    if (named) await engine.blobs.removeAllBut(named)
  }

  /** Part of opening: the user rejoins as a new node. */
  async acceptLostVotes(): Promise<void> {
    const { writes, strongest } = this.#parts
    if (!writes.judged.votesLost) return
    await writes.write('open', [{ kind: 'accept-lost-votes' }], strongest, 'log')
  }

  close(): Promise<void> {
    return this.#life.close(async () => {
      try {
        await this.#parts.engine.close()
      } catch (cause) {
        throw this.#life.poison('close', cause)
      }
      // Nothing was released late, but the flush that a close promises never happened.
      this.#life.checkPoison('close')
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
