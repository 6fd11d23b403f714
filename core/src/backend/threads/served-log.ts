import type { Ballot } from '../../contract/ballot.js'
import type { Capabilities } from '../../contract/capabilities.js'
import type {
  AcceptAllOptions,
  CallOptions,
  DecisionScan,
  DiscardResult,
  ScanOptions,
  WriteOptions,
} from '../../contract/decision-log.js'
import type { BorrowedReads, SyncReads } from '../../contract/facets.js'
import type { CommitId, Decision, LogEntry, Proposal } from '../../contract/proposal.js'
import type { OpenSlotRange, Slot } from '../../contract/slot.js'
import type { AttachedLog, SharedBounds } from '../../contract/threads.js'
import * as check from '../arguments.js'
import * as names from '../call-names.js'
import { bareBallot, bareCommitId, bareProposal } from './bare-arguments.js'
import type { ServedHandle } from './handle.js'
import type { OwnerMethod } from './messages.js'
import { OwnerCalls } from './owner-calls.js'
import type { Seat } from './seat.js'
import { ServedScan, type DecidedEntries } from './served-scan.js'
import { SharedProgress } from './shared-progress.js'

/**
 * A log in another thread whose every call is answered by the owner, but for how far the log has come. A backend that
 * shares more than that overrides the reads.
 */
export class ServedLog implements AttachedLog {
  readonly backend: string
  readonly firstSlot: Slot
  readonly capabilities: Capabilities
  readonly syncReads: Pick<SyncReads, 'read'> | undefined = undefined
  readonly borrowedReads: BorrowedReads | undefined = undefined
  protected readonly progress: SharedProgress
  protected readonly owner: OwnerCalls

  constructor({ backend, firstSlot, capabilities, progress }: ServedHandle, seat: Seat) {
    this.backend = backend
    this.firstSlot = firstSlot
    this.capabilities = { ...capabilities, syncReads: false, borrowedReads: false, syncWrites: undefined }
    this.progress = new SharedProgress(progress)
    this.owner = new OwnerCalls(seat, this.progress, () => this.onWake())
  }

  get state(): AttachedLog['state'] {
    return this.owner.isOpen ? 'open' : 'closed'
  }

  async read(slot: Slot, options?: CallOptions): Promise<Decision | undefined> {
    check.checkSlot(slot)
    return this.#ask('read', options, slot)
  }

  async readAccepted(slot: Slot, options?: CallOptions): Promise<Proposal | undefined> {
    check.checkSlot(slot)
    return this.#ask('readAccepted', options, slot)
  }

  decisions(range?: OpenSlotRange, options?: Omit<ScanOptions, 'includeAccepted'>): DecisionScan {
    const entries: DecidedEntries = (from, to, asked) => this.entries(from, to, asked)
    return new ServedScan(entries, this.progress, this.owner, range, options)
  }

  bounds(): SharedBounds {
    this.owner.check('bounds')
    return this.progress.bounds()
  }

  async waitFor(slot: Slot, options?: CallOptions): Promise<void> {
    check.checkSlot(slot)
    check.checkOptions(options)
    this.owner.check('waitFor', options?.signal)
    await this.progress.waitFor(slot, options?.signal, () => this.owner.check('waitFor'))
  }

  async promise(ballot: Ballot, options?: CallOptions): Promise<void> {
    check.checkBallot(ballot)
    check.checkOptions(options)
    await this.#ask('promise', options, bareBallot(ballot))
  }

  async accept(proposal: Proposal, options?: WriteOptions): Promise<void> {
    check.checkProposal(proposal, 'proposal')
    await this.#write('accept', bareProposal(proposal), options)
  }

  async acceptAll(proposals: readonly Proposal[], options?: AcceptAllOptions): Promise<void> {
    check.checkArray(proposals, 'proposals', check.checkProposal)
    check.checkOptions(options, names.ACCEPT_ALL)
    await this.#write('acceptAll', proposals.map(bareProposal), options)
  }

  async commit(id: CommitId, options?: WriteOptions): Promise<void> {
    check.checkCommitId(id, 'id')
    await this.#write('commit', bareCommitId(id), options)
  }

  async commitAll(ids: readonly CommitId[], options?: WriteOptions): Promise<void> {
    check.checkArray(ids, 'ids', check.checkCommitId)
    check.checkOptions(options, names.WRITE)
    await this.#write('commitAll', ids.map(bareCommitId), options)
  }

  async learn(decision: Decision, options?: WriteOptions): Promise<void> {
    check.checkProposal(decision, 'decision')
    await this.#write('learn', bareProposal(decision), options)
  }

  async learnAll(decisions: readonly Decision[], options?: WriteOptions): Promise<void> {
    check.checkArray(decisions, 'decisions', check.checkProposal)
    check.checkOptions(options, names.WRITE)
    await this.#write('learnAll', decisions.map(bareProposal), options)
  }

  async discard(
    range: { readonly from: Slot; readonly to?: Slot | undefined },
    options?: WriteOptions,
  ): Promise<DiscardResult> {
    check.checkObject(range, 'range')
    check.checkRange(range)
    check.checkOptions(options, names.WRITE)
    return this.#write('discard', { from: range.from, to: range.to }, options)
  }

  close(): Promise<void> {
    return this.owner.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** A part of a scan. */
  protected entries(from: Slot, to: Slot, options: ScanOptions): Promise<LogEntry[] | undefined> {
    return this.#ask('entries', undefined, from, to, options)
  }

  /** The owner gave something up, or closed the log. */
  protected onWake(): void {
    // Nothing of the owner's is held here.
  }

  /** Signals stay here: an abort counts until the call is handed over. */
  #write<T>(method: OwnerMethod, what: unknown, options: AcceptAllOptions | undefined): Promise<T> {
    check.checkSignal(options)
    const { survives, discardFrom } = options ?? {}
    return this.#ask(
      method,
      options,
      what,
      discardFrom === undefined ? { survives } : { survives, discardFrom },
    )
  }

  #ask<T>(method: OwnerMethod, options: CallOptions | undefined, ...args: readonly unknown[]): Promise<T> {
    check.checkSignal(options)
    this.owner.check(method, options?.signal)
    return this.owner.call(method, args) as Promise<T>
  }
}
