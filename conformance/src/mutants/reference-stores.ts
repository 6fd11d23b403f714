import {
  PersistentLogError,
  raise,
  type CallOptions,
  type CheckpointContent,
  type CheckpointInfo,
  type CheckpointStore,
  type ConfigurationRecord,
  type ConfigurationStore,
  type InstallCheckpointOptions,
  type StoreCheckpointOptions,
} from '@persistent-log/core'
import type { ModelCheckpoint } from '../model/model-state.js'
import * as check from './arguments.js'
import * as known from './call-names.js'
import { infoOf, own } from './checkpoint-info.js'
import type { ReferenceCore } from './reference-core.js'
import { ReferenceDivisible } from './reference-divisible.js'

/** States are handed out in pieces of this size. */
const CHUNK_BYTES = 65_536

/** Checkpoints on the model. */
export class ReferenceCheckpoints implements CheckpointStore {
  readonly core: ReferenceCore
  readonly divisible: ReferenceDivisible

  constructor(core: ReferenceCore, divisible = new ReferenceDivisible(core)) {
    this.core = core
    this.divisible = divisible
  }

  async store(
    slot: number,
    content: CheckpointContent,
    options: StoreCheckpointOptions = {},
  ): Promise<CheckpointInfo> {
    const about = own(options)
    const given = this.#content(slot, content, options, known.STORE)
    // Bytes in one piece are judged at once: a close that follows must not overtake them.
    const state = given instanceof Uint8Array ? given : await given
    return this.publish('store', options, () => this.core.model.storeCheckpoint(slot, state, about))
  }

  async install(
    slot: number,
    content: CheckpointContent,
    options: InstallCheckpointOptions = {},
  ): Promise<CheckpointInfo> {
    check.bound(options.discardFrom, 'options.discardFrom')
    const about = own(options)
    const given = this.#content(slot, content, options, known.INSTALL)
    // Bytes in one piece are judged at once: a close that follows must not overtake them.
    const state = given instanceof Uint8Array ? given : await given
    return this.publish('install', options, () => this.core.model.installCheckpoint(slot, state, about))
  }

  async latest(options?: CallOptions): Promise<CheckpointInfo | undefined> {
    return this.nearest(Number.MAX_SAFE_INTEGER, options)
  }

  async nearest(slot: number, options?: CallOptions): Promise<CheckpointInfo | undefined> {
    check.integer(slot, 'slot')
    return this.core.call('nearest', options?.signal, () => {
      const found = this.core.model.nearest(slot)
      return found && infoOf(found)
    })
  }

  async list(options?: CallOptions): Promise<readonly (CheckpointInfo & { readonly damaged: boolean })[]> {
    return this.core.call('list', options?.signal, () =>
      this.core.model.state.checkpoints.map((checkpoint) => ({ ...infoOf(checkpoint), damaged: false })),
    )
  }

  async *read(slot: number, options?: CallOptions): AsyncGenerator<Uint8Array> {
    check.integer(slot, 'slot')
    const find = (): ModelCheckpoint | undefined =>
      this.core.model.state.checkpoints.find((checkpoint) => checkpoint.slot === slot)
    const found = this.core.call('read', options?.signal, find)
    if (!found) throw raise.checkpointRequired(`there is no checkpoint at slot ${slot}`, { slot })
    for (let at = 0; at < found.content.length; at += CHUNK_BYTES) {
      yield this.core.call('read', options?.signal, () => found.content.slice(at, at + CHUNK_BYTES))
    }
  }

  async prune(options: { readonly keep: number } & CallOptions): Promise<{ readonly removed: number }> {
    check.object(options, 'options')
    check.names(options, 'options', known.PRUNE)
    check.integer(options.keep, 'options.keep', Number.MAX_SAFE_INTEGER, 1)
    return this.core.write('prune', options.signal, () => ({ removed: this.core.model.prune(options.keep) }))
  }

  publish(operation: string, options: CallOptions, body: () => ModelCheckpoint): Promise<CheckpointInfo> {
    return this.core.write(operation, options.signal, () => infoOf(body()))
  }

  #content(
    slot: number,
    content: CheckpointContent,
    options: StoreCheckpointOptions,
    names: readonly string[],
  ): Uint8Array | Promise<Uint8Array> {
    check.publication(slot, options, names)
    if (content instanceof Uint8Array) return Uint8Array.from(content)
    if (typeof content !== 'object' || content === null || !(Symbol.asyncIterator in content)) {
      throw new TypeError('content must be a Uint8Array or an async iterable of them')
    }
    this.core.checkOpen('checkpoints')
    return this.core.track(this.#gather(content, options.signal))
  }

  async #gather(content: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const chunks: Uint8Array[] = []
    const iterator = content[Symbol.asyncIterator]()
    for (;;) {
      const step = await this.pull(iterator, signal)
      if (step.done) return Uint8Array.from(Buffer.concat(chunks))
      chunks.push(Uint8Array.from(step.value))
    }
  }

  /** The next chunk, or the reason of the signal: a stream may stand still for ever. */
  pull(
    iterator: AsyncIterator<Uint8Array>,
    signal: AbortSignal | undefined,
  ): Promise<IteratorResult<Uint8Array>> {
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      signal?.throwIfAborted()
      iterator.next().then(resolve, reject)
    })
  }
}

/** Named records on the model. */
export class ReferenceConfigurations implements ConfigurationStore {
  readonly core: ReferenceCore

  constructor(core: ReferenceCore) {
    this.core = core
  }

  async load(name: string, options?: CallOptions): Promise<ConfigurationRecord | undefined> {
    check.name(name)
    return this.core.call('load', options?.signal, () => {
      const stored = this.core.model.loadConfiguration(name)
      return stored && { version: stored.version, value: this.core.lend(stored.value) }
    })
  }

  async store(name: string, record: ConfigurationRecord, options?: CallOptions): Promise<void> {
    check.name(name)
    check.object(record, 'record')
    check.integer(record.version, 'record.version')
    check.bytes(record.value, 'record.value')
    const { valueBytes } = this.core.capabilities.limits
    if (record.value.length > valueBytes) {
      throw new PersistentLogError('PLOG_TOO_LARGE', 'record.value', {
        limit: valueBytes,
        value: record.value.length,
      })
    }
    await this.core.write('store', options?.signal, () => this.core.model.storeConfiguration(name, record))
  }
}
