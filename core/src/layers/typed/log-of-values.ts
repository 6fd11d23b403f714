import * as check from '../../backend/arguments.js'
import { checkSizes } from '../../backend/engine/log-parts.js'
import type { Ballot } from '../../contract/ballot.js'
import type { Capabilities } from '../../contract/capabilities.js'
import type { AcceptAllOptions, CallOptions, ScanOptions, WriteOptions } from '../../contract/decision-log.js'
import type { CompactOptions, PersistentLog } from '../../contract/persistent-log.js'
import type { CommitId, LogEntry } from '../../contract/proposal.js'
import type { OpenSlotRange, Slot } from '../../contract/slot.js'
import { checkCodecs } from './check-codecs.js'
import { bytesCodec, type Codec } from './codec.js'
import { capabilitiesAbove } from './limits.js'
import { unseal } from './sealed-value.js'
import { CheckpointsOfValues } from './typed-checkpoints.js'
import { ConfigurationOfValues } from './typed-configuration.js'
import { TypedEntryScan } from './typed-entry-scan.js'
import type { TypedDecision, TypedEntry, TypedLog, TypedProposal, TypedScan } from './typed-log.js'
import { encodeItem, writeValues, type EncodedItem, type ValueInSlot } from './value-writer.js'

/** How values become bytes. A codec that is left out passes bytes through. */
export interface TypedCodecs<D, S, C> {
  readonly decision: Codec<D>
  readonly state?: Codec<S> | undefined
  readonly configuration?: Codec<C> | undefined
}

/** Puts types on top of a log: values go through the codecs, each with a digest that is checked whenever it is read. */
export function typedLog<D, S = Uint8Array, C = Uint8Array>(
  log: PersistentLog,
  codecs: TypedCodecs<D, S, C>,
): TypedLog<D, S, C> {
  check.checkObject(log, 'log')
  checkCodecs(codecs, ['decision'])
  return new LogOfValues(log, codecs)
}

class LogOfValues<D, S, C> implements TypedLog<D, S, C> {
  readonly log: PersistentLog
  readonly capabilities: Capabilities
  readonly checkpoints: CheckpointsOfValues<S>
  readonly configuration: ConfigurationOfValues<C>
  readonly syncReads: TypedLog<D, S, C>['syncReads']
  readonly #codec: Codec<D>

  constructor(log: PersistentLog, codecs: TypedCodecs<D, S, C>) {
    this.log = log
    this.#codec = codecs.decision
    this.capabilities = capabilitiesAbove(log.capabilities)
    // Without a codec the type of the value is Uint8Array, by the defaults of `typedLog`.
    const state = codecs.state ?? (bytesCodec as unknown as Codec<S>)
    const configuration = codecs.configuration ?? (bytesCodec as unknown as Codec<C>)
    this.checkpoints = new CheckpointsOfValues(log.checkpoints, state)
    this.configuration = new ConfigurationOfValues(
      log.configuration,
      configuration,
      this.capabilities.limits.valueBytes,
    )
    const { syncReads } = log
    if (syncReads) {
      this.syncReads = {
        read: (slot) => this.#typed(syncReads.read(slot)),
        readAccepted: (slot) => this.#typed(syncReads.readAccepted(slot)),
      }
    }
  }

  get backend() {
    return this.log.backend
  }

  get status() {
    return this.log.status
  }

  get firstSlot() {
    return this.log.firstSlot
  }

  get recovery() {
    return this.log.recovery
  }

  async accept(proposal: TypedProposal<D>, options?: WriteOptions): Promise<void> {
    const items = this.#encode([proposal], 'proposal', false)
    await writeValues(
      this.log,
      this.#codec,
      items,
      ([one]) => this.log.accept(one!, options),
      options?.signal,
    )
  }

  async acceptAll(proposals: readonly TypedProposal<D>[], options?: AcceptAllOptions): Promise<void> {
    const items = this.#encode(proposals, 'proposals', true)
    await writeValues(
      this.log,
      this.#codec,
      items,
      (all) => this.log.acceptAll(all, options),
      options?.signal,
    )
  }

  async learn(decision: TypedDecision<D>, options?: WriteOptions): Promise<void> {
    const items = this.#encode([decision], 'decision', false)
    await writeValues(this.log, this.#codec, items, ([one]) => this.log.learn(one!, options), options?.signal)
  }

  async learnAll(decisions: readonly TypedDecision<D>[], options?: WriteOptions): Promise<void> {
    const items = this.#encode(decisions, 'decisions', true)
    await writeValues(this.log, this.#codec, items, (all) => this.log.learnAll(all, options), options?.signal)
  }

  async read(slot: Slot, options?: CallOptions): Promise<TypedDecision<D> | undefined> {
    return this.#typed(await this.log.read(slot, options))
  }

  async readAccepted(slot: Slot, options?: CallOptions): Promise<TypedProposal<D> | undefined> {
    return this.#typed(await this.log.readAccepted(slot, options))
  }

  decisions(range?: OpenSlotRange, options?: ScanOptions): TypedScan<D> {
    return new TypedEntryScan(this.log.decisions(range, options), this.#typedEntry, options?.damaged)
  }

  uncommitted(range?: OpenSlotRange, options?: Omit<ScanOptions, 'includeAccepted'>): TypedScan<D> {
    return new TypedEntryScan(this.log.uncommitted(range, options), this.#typedEntry, options?.damaged)
  }

  promise(ballot: Ballot, options?: CallOptions) {
    return this.log.promise(ballot, options)
  }

  promised() {
    return this.log.promised()
  }

  async commit(id: CommitId, options?: WriteOptions): Promise<void> {
    this.#checkProofs([id], 'id', false)
    await this.log.commit(id, options)
  }

  async commitAll(ids: readonly CommitId[], options?: WriteOptions): Promise<void> {
    this.#checkProofs(ids, 'ids', true)
    await this.log.commitAll(ids, options)
  }

  discard(range: Parameters<PersistentLog['discard']>[0], options?: WriteOptions) {
    return this.log.discard(range, options)
  }

  bounds() {
    return this.log.bounds()
  }

  gaps(range?: OpenSlotRange, options?: CallOptions) {
    return this.log.gaps(range, options)
  }

  compact(options: CompactOptions) {
    return this.log.compact(options)
  }

  flush(options?: CallOptions) {
    return this.log.flush(options)
  }

  verify(options?: CallOptions) {
    return this.log.verify(options)
  }

  metrics() {
    return this.log.metrics()
  }

  close() {
    return this.log.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #encode(items: readonly ValueInSlot<D>[], field: string, batch: boolean): EncodedItem[] {
    check.checkArray(items, field, (item, place) => checkItem(item, batch ? place : field))
    const encoded = items.map((item) => encodeItem(this.#codec, item))
    checkSizes(encoded, this.capabilities.limits, batch)
    return encoded
  }

  #checkProofs(ids: readonly CommitId[], field: string, batch: boolean): void {
    check.checkArray(ids, field, (id, place) => check.checkCommitId(id, batch ? place : field))
    checkSizes(
      ids.map(({ proof }) => ({ proof })),
      this.capabilities.limits,
      batch,
    )
  }

  #typed<E extends { readonly slot: Slot; readonly value: Uint8Array }>(
    entry: E | undefined,
  ): (Omit<E, 'value'> & { readonly value: D }) | undefined {
    if (!entry) return undefined
    return { ...entry, value: unseal(this.#codec, entry.value, `slot ${entry.slot}`, entry.slot) }
  }

  readonly #typedEntry = (entry: LogEntry): TypedEntry<D> => this.#typed(entry) as TypedEntry<D>
}

/** All of an item but its slot, which the log below names, and its value, which the codec knows. */
function checkItem(item: unknown, field: string): void {
  check.checkObject(item, field)
  const { ballot, proof } = item as Record<string, unknown>
  check.checkBallot(ballot, `${field}.ballot`)
  check.checkOptionalBytes(proof, `${field}.proof`)
}
