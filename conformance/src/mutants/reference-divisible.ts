import {
  PART_LIMITS,
  PersistentLogError,
  raise,
  type CallOptions,
  type CheckpointInfo,
  type DivisibleCheckpoints,
  type ExportedPart,
  type InstallCheckpointOptions,
  type PartInfo,
  type PartSource,
  type PartSources,
  type StoreCheckpointOptions,
} from '@persistent-log/core'
import type { ModelCheckpoint, ModelPart } from '../model/model-state.js'
import * as check from './arguments.js'
import * as known from './call-names.js'
import { digestOf, infoOf, own, partInfoOf } from './checkpoint-info.js'
import type { ReferenceCore } from './reference-core.js'

type Publish = (content: Uint8Array, parts: readonly ModelPart[]) => ModelCheckpoint

/** Divisible checkpoints on the model: each holds its parts itself, so that nothing is counted. */
export class ReferenceDivisible implements DivisibleCheckpoints {
  readonly core: ReferenceCore
  readonly received = new Map<string, Uint8Array>()

  constructor(core: ReferenceCore) {
    this.core = core
  }

  async store(
    slot: number,
    parts: PartSources,
    options: StoreCheckpointOptions = {},
  ): Promise<CheckpointInfo> {
    check.publication(slot, options, known.STORE)
    const about = own(options)
    return this.publish(parts, options, (content, cut) =>
      this.core.model.storeCheckpoint(slot, content, { ...about, parts: cut }),
    )
  }

  async install(
    slot: number,
    parts: PartSources,
    options: InstallCheckpointOptions = {},
  ): Promise<CheckpointInfo> {
    check.publication(slot, options, known.INSTALL)
    check.bound(options.discardFrom, 'options.discardFrom')
    const about = own(options)
    return this.publish(parts, options, (content, cut) =>
      this.core.model.installCheckpoint(slot, content, { ...about, parts: cut }),
    )
  }

  async describe(slot: number, options?: CallOptions): Promise<readonly PartInfo[]> {
    check.integer(slot, 'slot')
    return this.core.call('describe', options?.signal, () => this.parts(slot).map(partInfoOf))
  }

  async *export(
    slot: number,
    options?: CallOptions & { readonly only?: readonly string[] | undefined },
  ): AsyncGenerator<ExportedPart> {
    check.integer(slot, 'slot')
    options?.only?.forEach((digest) => check.digest(digest, 'options.only'))
    const parts = this.core.call('export', options?.signal, () => this.parts(slot))
    const { only } = options ?? {}
    const known = new Set(parts.map(({ content }) => digestOf(content)))
    only?.forEach((digest) => {
      if (!known.has(digest)) throw raise.partMissing('options.only', digest)
    })
    for (const part of this.chosen(parts, only)) {
      yield this.core.call('export', options?.signal, () => ({
        ...partInfoOf(part),
        content: this.core.lend(part.content),
      }))
    }
  }

  async missing(parts: readonly PartInfo[], options?: CallOptions): Promise<readonly PartInfo[]> {
    check.object(parts, 'parts')
    parts.forEach((part, at) => check.part(part, `parts[${at}]`, true))
    return this.core.call('missing', options?.signal, () =>
      once(
        parts.map(({ name, digest, bytes }) =>
          name === undefined ? { digest, bytes } : { name, digest, bytes },
        ),
      ).filter(({ digest }) => this.held(digest) === undefined),
    )
  }

  async receive(
    part: PartSource & { readonly content: Uint8Array },
    options?: CallOptions,
  ): Promise<PartInfo> {
    check.part(part, 'part')
    check.bytes(part.content, 'part.content')
    const content = Uint8Array.from(part.content)
    return this.core.write('receive', options?.signal, () => {
      const taken = this.taken({ ...part, content }, 'part')
      this.received.set(digestOf(taken.content), taken.content)
      return partInfoOf(taken)
    })
  }

  async giveUp(options?: CallOptions): Promise<{ readonly dropped: number }> {
    return this.core.write('giveUp', options?.signal, () => {
      const dropped = this.received.size
      this.received.clear()
      return { dropped }
    })
  }

  async publish(parts: PartSources, options: CallOptions, body: Publish): Promise<CheckpointInfo> {
    check.iterable(parts, 'parts')
    const sources: PartSource[] = []
    if (Symbol.asyncIterator in parts) {
      this.core.checkOpen('divisible')
      await this.core.track(this.#gather(parts, sources, options.signal))
    } else {
      for (const part of parts) this.#add(part, sources)
    }
    return this.core.write('divisible', options.signal, () => {
      const cut = sources.map((source, at) => this.taken(source, `parts[${at}]`))
      const info = infoOf(body(this.joined(cut), cut))
      for (const { content } of cut) this.received.delete(digestOf(content))
      return info
    })
  }

  /** The state is the parts one behind the other. */
  joined(parts: readonly ModelPart[]): Uint8Array {
    return Uint8Array.from(Buffer.concat(parts.map(({ content }) => content)))
  }

  parts(slot: number): readonly ModelPart[] {
    const found = this.core.model.state.checkpoints.find((checkpoint) => checkpoint.slot === slot)
    if (!found) throw raise.checkpointRequired(`there is no checkpoint at slot ${slot}`, { slot })
    if (!found.parts) throw raise.unsupported('describe', 'it is in one piece', { slot })
    return found.parts
  }

  chosen(parts: readonly ModelPart[], only: readonly string[] | undefined): readonly ModelPart[] {
    const digests = parts.map(({ content }) => digestOf(content))
    const isFirst = (at: number): boolean => digests.indexOf(digests[at]!) === at
    return parts.filter((_, at) => isFirst(at) && (only?.includes(digests[at]!) ?? true))
  }

  /** The content with a digest, as long as somebody wants it. */
  held(digest: string): Uint8Array | undefined {
    for (const { parts = [] } of this.core.model.state.checkpoints) {
      const found = parts.find(({ content }) => digestOf(content) === digest)
      if (found) return found.content
    }
    return this.received.get(digest)
  }

  /** The part itself, whether it came with its content or by its digest. */
  taken({ name, content, digest, bytes }: PartSource, field: string): ModelPart {
    const found = content ?? this.held(digest ?? '')
    if (!found) throw raise.partMissing(field, digest ?? '')
    if ((digest ?? digestOf(found)) !== digestOf(found) || (bytes ?? found.length) !== found.length) {
      throw raise.digestMismatch(`${field} is not what its digest says`, { field: `${field}.content` })
    }
    return name === undefined ? { content: found } : { name, content: found }
  }

  checkCount(count: number): void {
    if (count > PART_LIMITS.parts) throw raise.tooLarge('parts', count, PART_LIMITS.parts)
  }

  async #gather(
    parts: AsyncIterable<PartSource>,
    sources: PartSource[],
    signal?: AbortSignal,
  ): Promise<void> {
    const iterator = parts[Symbol.asyncIterator]()
    for (;;) {
      const step = await new Promise<IteratorResult<PartSource>>((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
        signal?.throwIfAborted()
        iterator.next().then(resolve, reject)
      })
      if (step.done) return
      this.#add(step.value, sources)
    }
  }

  #add(part: PartSource, sources: PartSource[]): void {
    const field = `parts[${sources.length}]`
    this.checkCount(sources.length + 1)
    check.part(part, field)
    const { name, content } = part
    if (name !== undefined && sources.some((source) => source.name === name)) {
      throw new TypeError(`${field}.name is named twice`)
    }
    if ((content?.length ?? 0) > PART_LIMITS.partBytes) {
      throw new PersistentLogError('PLOG_TOO_LARGE', `${field}.content`, { limit: PART_LIMITS.partBytes })
    }
    sources.push({ ...part, content: content && this.copied(content) })
  }

  copied(content: Uint8Array): Uint8Array {
    return Uint8Array.from(content)
  }
}

function once(parts: readonly PartInfo[]): PartInfo[] {
  return parts.filter(({ digest }, at) => parts.findIndex((part) => part.digest === digest) === at)
}
