import type {
  AcceptAllOptions,
  Ballot,
  CallOptions,
  Capabilities,
  CommitId,
  CompactionReport,
  CompactOptions,
  Decision,
  DecisionScan,
  DiscardResult,
  LogBounds,
  LogMetrics,
  LogStatus,
  OpenSlotRange,
  PersistentLog,
  Proposal,
  RecoveryReport,
  ScanOptions,
  SlotRange,
  ThreadHandle,
  VerifyReport,
  WriteOptions,
} from '@persistent-log/core'
import { modelBounds, modelGaps } from '../model/model-bounds.js'
import type { ModelSlot } from '../model/model-state.js'
import * as check from './arguments.js'
import * as known from './call-names.js'
import type { ReferenceCore } from './reference-core.js'
import { ReferenceScan, rejectedScan, type ScanOrder } from './reference-scan.js'
import { ReferenceSpace } from './reference-space.js'
import { checkBatch, checkSizes, own } from './reference-items.js'
import { ReferenceCheckpoints, ReferenceConfigurations } from './reference-stores.js'
import { ReferenceBorrowedReads } from './reference-borrowed-reads.js'
import { ReferenceThreads } from './reference-threads.js'
import { ReferenceSyncWrites } from './reference-sync-writes.js'

const DEFAULT_BATCH_LENGTH = 256

/** The contract in its plainest form: the model, a file, a lock. The base of all mutants. */
export class ReferenceLog implements PersistentLog {
  readonly backend: string
  readonly capabilities: Capabilities
  readonly checkpoints: ReferenceCheckpoints
  readonly configuration: ReferenceConfigurations
  readonly borrowedReads: ReferenceBorrowedReads
  readonly syncWrites: ReferenceSyncWrites
  readonly recovery: RecoveryReport
  readonly foundAtOpen: RecoveryReport
  readonly core: ReferenceCore
  readonly space: ReferenceSpace
  #threads: ReferenceThreads | undefined
  readonly counts = { accepts: 0, commits: 0, learns: 0, reads: 0, refusals: 0 }

  constructor(backend: string, core: ReferenceCore, recovery: RecoveryReport) {
    this.backend = backend
    this.core = core
    this.capabilities = core.capabilities
    this.recovery = recovery
    this.foundAtOpen = recovery
    this.space = this.newSpace()
    this.checkpoints = new ReferenceCheckpoints(core)
    this.configuration = new ReferenceConfigurations(core)
    this.borrowedReads = this.newBorrowedReads()
    this.syncWrites = this.newSyncWrites()
  }

  get firstSlot(): number {
    return this.core.context.firstSlot
  }

  get status(): LogStatus {
    const { accept, commit } = { ...this.capabilities.survives, ...this.core.context.durability }
    return { state: this.core.state, durability: { accept, commit }, votesLost: false }
  }

  async promise(ballot: Ballot, options?: CallOptions): Promise<void> {
    check.ballot(ballot)
    check.named(options, known.CALL)
    await this.core.write('promise', options?.signal, () => this.core.model.promise(ballot))
  }

  promised(): Ballot | undefined {
    return this.core.call('promised', undefined, () => {
      const { promised } = this.core.model.state
      return promised && { ...promised }
    })
  }

  async accept(proposal: Proposal, options?: WriteOptions): Promise<void> {
    check.proposal(proposal, 'proposal')
    check.options(options, this.capabilities)
    checkSizes([proposal], this.capabilities)
    await this.#place([own(proposal)], options?.signal, undefined, ([item]) =>
      this.core.write('accept', options?.signal, () => this.core.model.accept(item!), proposal.slot),
    )
  }

  async acceptAll(proposals: readonly Proposal[], options?: AcceptAllOptions): Promise<void> {
    check.list(proposals, 'proposals', check.proposal)
    check.named(options, known.ACCEPT_ALL, this.capabilities)
    check.bound(options?.discardFrom, 'options.discardFrom')
    checkBatch(proposals, this.capabilities)
    await this.#place(proposals.map(own), options?.signal, options?.discardFrom, (items) =>
      this.core.write('acceptAll', options?.signal, () =>
        this.core.model.acceptAll(items, options?.discardFrom),
      ),
    )
  }

  async commit(id: CommitId, options?: WriteOptions): Promise<void> {
    check.commitId(id, 'id')
    check.options(options, this.capabilities, 'commit')
    checkSizes([id], this.capabilities)
    await this.#freeing(this.core.write('commit', options?.signal, () => this.core.model.commit(id), id.slot))
  }

  async commitAll(ids: readonly CommitId[], options?: WriteOptions): Promise<void> {
    check.list(ids, 'ids', check.commitId)
    check.named(options, known.WRITE, this.capabilities, 'commit')
    checkBatch(ids, this.capabilities)
    await this.#freeing(this.core.write('commitAll', options?.signal, () => this.core.model.commitAll(ids)))
  }

  async learn(decision: Decision, options?: WriteOptions): Promise<void> {
    check.proposal(decision, 'decision')
    check.options(options, this.capabilities, 'commit')
    checkSizes([decision], this.capabilities)
    const learned = this.core.write(
      'learn',
      options?.signal,
      () => this.core.model.learn(decision),
      decision.slot,
    )
    await this.#freeing(learned)
  }

  async learnAll(decisions: readonly Decision[], options?: WriteOptions): Promise<void> {
    check.list(decisions, 'decisions', check.proposal)
    check.named(options, known.WRITE, this.capabilities, 'commit')
    checkBatch(decisions, this.capabilities)
    await this.#freeing(
      this.core.write('learnAll', options?.signal, () => this.core.model.learnAll(decisions)),
    )
  }

  async read(slot: number, options?: CallOptions): Promise<Decision | undefined> {
    check.slot(slot)
    check.options(options)
    return this.core.call('read', options?.signal, () => this.shown(slot, this.core.model.read(slot)))
  }

  async readAccepted(slot: number, options?: CallOptions): Promise<Proposal | undefined> {
    check.slot(slot)
    check.options(options)
    return this.core.call('readAccepted', options?.signal, () =>
      this.shown(slot, this.core.model.readAccepted(slot)),
    )
  }

  decisions(range: OpenSlotRange = {}, options: ScanOptions = {}): DecisionScan {
    return this.#scan(range, options, true, options?.includeAccepted === true)
  }

  uncommitted(range: OpenSlotRange = {}, options: Omit<ScanOptions, 'includeAccepted'> = {}): DecisionScan {
    return this.#scan(range, options, false, true)
  }

  async discard(
    range: { from: number; to?: number | undefined },
    options?: WriteOptions,
  ): Promise<DiscardResult> {
    check.range(range)
    check.slot(range.from, 'range.from')
    check.named(options, known.WRITE, this.capabilities)
    const judge = (): DiscardResult => this.core.model.discard(range.from, range.to)
    return this.#freeing(this.core.write('discard', options?.signal, judge))
  }

  bounds(): LogBounds {
    return this.core.call('bounds', undefined, () => modelBounds(this.core.model))
  }

  async *gaps(range: OpenSlotRange = {}, options: CallOptions = {}): AsyncGenerator<SlotRange> {
    check.range(range)
    check.named(options, known.CALL)
    yield* this.core.call('gaps', options.signal, () => {
      if (range.from !== undefined) this.core.model.checkSlot(range.from)
      return modelGaps(this.core.model, range.from, range.to)
    })
  }

  async compact(options: CompactOptions): Promise<CompactionReport> {
    check.object(options, 'options')
    check.integer(options.before, 'options.before')
    if (options.retain !== undefined) check.integer(options.retain, 'options.retain')
    check.named(options, known.COMPACT)
    const { model } = this.core
    const judge = (): number => model.compact(options)
    const removed = await this.#freeing(this.core.write('compact', options.signal, judge))
    return { compactedBefore: model.state.point, removed }
  }

  async flush(options?: CallOptions): Promise<void> {
    check.named(options, known.CALL)
    await this.core.write('flush', options?.signal, () => undefined)
  }

  async verify(options?: CallOptions): Promise<VerifyReport> {
    check.named(options, known.CALL)
    return this.core.call('verify', options?.signal, () => {
      const { slots, checkpoints } = this.core.model.state
      const bytes = [...slots.values()].reduce((sum, { value }) => sum + value.length, 0)
      return { ok: true, slots: slots.size, bytes, checkpoints: checkpoints.length, damaged: [] }
    })
  }

  metrics(): LogMetrics {
    const none = { flushes: 0, flushedWrites: 0, bytesWritten: 0 }
    return {
      ...this.counts,
      ...none,
      uncommittedBytes: this.space.used(),
      waitingForSpace: this.space.waiting,
    }
  }

  async close(): Promise<void> {
    await this.core.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** What a caller gets of a slot. */
  shown(slot: number, held: ModelSlot | undefined): Decision | undefined {
    if (!held) return undefined
    const { ballot, value, proof } = this.core.entry(slot, held)
    return { slot, ballot, value, proof }
  }

  #scan(range: OpenSlotRange, options: ScanOptions, decided: boolean, accepted: boolean): DecisionScan {
    try {
      check.scan(range, options, decided ? known.DECISIONS : known.ONE_KIND)
      const { batchLength = DEFAULT_BATCH_LENGTH, signal } = options
      this.core.checkOpen('scan')
      return this.newScan({ from: range.from, to: range.to, decided, accepted, batchLength, signal })
    } catch (error) {
      return rejectedScan(error)
    }
  }

  newBorrowedReads(): ReferenceBorrowedReads {
    return new ReferenceBorrowedReads(this)
  }

  readonly threadHandle = (): ThreadHandle => (this.#threads ??= this.newThreads()).handle()

  newThreads(): ReferenceThreads {
    return new ReferenceThreads(this)
  }

  newSyncWrites(): ReferenceSyncWrites {
    return new ReferenceSyncWrites(this)
  }

  newSpace(): ReferenceSpace {
    return new ReferenceSpace(this.core)
  }

  newScan(order: ScanOrder): DecisionScan {
    return new ReferenceScan(this.core, order)
  }

  /** Judges at once where there is room, otherwise when there is. */
  async #place(
    proposals: readonly Proposal[],
    signal: AbortSignal | undefined,
    discardFrom: number | undefined,
    write: (items: readonly Proposal[]) => Promise<void>,
  ): Promise<void> {
    this.core.call('accept', signal, () => undefined)
    for (;;) {
      const wait = this.space.wait(proposals, signal, discardFrom)
      if (!wait) break
      await wait
    }
    await this.#freeing(write(proposals))
    this.counts.accepts += proposals.length
  }

  #freeing<T>(work: Promise<T>): Promise<T> {
    this.space.wake()
    return work
  }
}
