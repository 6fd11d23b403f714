import { createHash } from 'node:crypto'
import type {
  CheckpointContent,
  CheckpointInfo,
  CheckpointStore,
  InstallCheckpointOptions,
  StoreCheckpointOptions,
} from '../../contract/checkpoint-store.js'
import type { CallOptions } from '../../contract/decision-log.js'
import type { Slot } from '../../contract/slot.js'
import { raise } from '../../errors/index.js'
import * as check from '../arguments.js'
import { copyBytes } from '../bytes.js'
import * as names from '../call-names.js'
import { abortable } from './abortable.js'
import type { CheckpointContents, CheckpointHealth } from './checkpoint-health.js'
import { CheckpointNaming, publicationOf, publicInfo, type Publication } from './checkpoint-naming.js'
import type { Effect } from './effect.js'
import type { BlobWriter } from './log-engine.js'
import type { LogParts } from './log-parts.js'
import { EngineDivisibleCheckpoints } from './parts/divisible-checkpoints.js'

/**
 * Checkpoints over the blobs of an engine: the state is written and durable first, then one effect names it. Until then
 * it does not exist; a crash leaves a blob that nobody named, and the next open removes it.
 */
export class EngineCheckpoints implements CheckpointStore {
  readonly divisible: EngineDivisibleCheckpoints
  readonly #parts: LogParts
  readonly #health: CheckpointHealth
  readonly #naming: CheckpointNaming

  constructor(parts: LogParts, health: CheckpointHealth, contents: CheckpointContents) {
    this.#parts = parts
    this.#health = health
    this.#naming = new CheckpointNaming(parts, health)
    this.divisible = new EngineDivisibleCheckpoints(parts, contents, this.#naming)
  }

  async store(
    slot: Slot,
    content: CheckpointContent,
    options?: StoreCheckpointOptions,
  ): Promise<CheckpointInfo> {
    return this.#publish(publicationOf('store', slot, options), content)
  }

  async install(
    slot: Slot,
    content: CheckpointContent,
    options?: InstallCheckpointOptions,
  ): Promise<CheckpointInfo> {
    return this.#publish(publicationOf('install', slot, options), content)
  }

  async latest(options?: CallOptions): Promise<CheckpointInfo | undefined> {
    return this.nearest(Number.MAX_SAFE_INTEGER, options)
  }

  async nearest(slot: Slot, options?: CallOptions): Promise<CheckpointInfo | undefined> {
    check.checkBound(slot, 'slot')
    check.checkOptions(options)
    const { life, writes } = this.#parts
    return life.run('checkpoints.nearest', 'read', options?.signal, () => {
      const found = writes.shown.checkpoints.findLast(
        (one) => one.slot <= slot && !this.#health.isDamaged(one),
      )
      return found && publicInfo(found)
    })
  }

  async list(options?: CallOptions): Promise<readonly (CheckpointInfo & { readonly damaged: boolean })[]> {
    check.checkOptions(options)
    const { life, writes } = this.#parts
    return life.run('checkpoints.list', 'read', options?.signal, () =>
      writes.shown.checkpoints.map((one) => ({ ...publicInfo(one), damaged: this.#health.isDamaged(one) })),
    )
  }

  async *read(slot: Slot, options?: CallOptions): AsyncGenerator<Uint8Array> {
    check.checkBound(slot, 'slot')
    check.checkOptions(options)
    const { life, writes } = this.#parts
    life.check('checkpoints.read', 'read', options?.signal)
    const found = writes.shown.checkpoints.find((one) => one.slot === slot)
    if (!found) throw raise.checkpointRequired(`there is no checkpoint at slot ${slot}`, { slot })
    const chunks = this.#health.read(found)
    try {
      for (;;) {
        // Each pull is a call of its own: a reader that stopped in the middle does not hold `close` up.
        const step = await life.run('checkpoints.read', 'read', options?.signal, () => chunks.next())
        if (step.done) return
        yield step.value
      }
    } finally {
      await chunks.return(undefined)
    }
  }

  async prune(options: { readonly keep: number } & CallOptions): Promise<{ readonly removed: number }> {
    check.checkObject(options, 'options')
    check.checkOptions(options, names.PRUNE)
    check.checkInteger(options.keep, 'options.keep', 1, Number.MAX_SAFE_INTEGER)
    const { life, writes, strongest } = this.#parts
    return life.run('checkpoints.prune', 'write', options.signal, async () => {
      const lastValid = await this.#health.newestReadable(options.signal)
      options.signal?.throwIfAborted()
      life.checkPoison('checkpoints.prune')
      const all = writes.judged.checkpoints
      const going = all
        .slice(0, Math.max(0, all.length - options.keep))
        .filter((one) => one.blob !== lastValid?.blob)
      // Where nothing is left to go, what is on its way out is waited for.
      const effects = going.map(({ slot, blob }): Effect => ({ kind: 'drop-checkpoint', slot, blob }))
      await writes.write('checkpoints.prune', effects, strongest, 'log')
      for (const one of going) await this.#health.remove(one)
      return { removed: going.length }
    })
  }

  async #publish(publication: Publication, content: CheckpointContent): Promise<CheckpointInfo> {
    const chunks = chunksOf(content)
    const { kind, slot, signal, about } = publication
    const { life, engine } = this.#parts
    return life.run(`checkpoints.${kind}`, 'write', signal, async () => {
      this.#naming.judge(publication)
      const writer = engine.blobs.create()
      const written = await this.#writeBlob(writer, chunks, signal)
      return this.#naming.name(publication, { slot, ...written, ...about, blob: writer.blob })
    })
  }

  async #writeBlob(
    writer: BlobWriter,
    chunks: AsyncIterable<Uint8Array>,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly bytes: number; readonly digest: string }> {
    const hash = createHash('sha256')
    let bytes = 0
    try {
      for await (const chunk of abortable(chunks, signal)) {
        signal?.throwIfAborted()
        this.#parts.life.checkPoison('checkpoints')
        check.checkBytes(chunk, 'a chunk of the content')
        hash.update(chunk)
        bytes += chunk.byteLength
        await this.#engineStep(() => writer.write(chunk))
      }
      signal?.throwIfAborted()
      await this.#engineStep(() => writer.finish())
    } catch (error) {
      // The caller's own error is the one to tell; what is left of the blob goes at the next open.
      await writer.abort().catch(() => undefined)
      throw error
    }
    return { bytes, digest: hash.digest('hex') }
  }

  async #engineStep(step: () => Promise<void>): Promise<void> {
    try {
      await step()
    } catch (cause) {
      throw this.#parts.life.poison('checkpoints', cause)
    }
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** The content as a stream. Bytes in one piece are copied, since their owner may change them meanwhile. */
function chunksOf(content: CheckpointContent): AsyncIterable<Uint8Array> {
  check.checkContent(content, 'content')
  return content instanceof Uint8Array ? once(copyBytes(content)) : content
}
