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
import { PersistentLogError, raise } from '../../errors/index.js'
import * as check from '../arguments.js'
import { copyBallot, copyBytes } from '../bytes.js'
import { judgeCheckpoint, type CheckpointCall } from '../laws/checkpoint-law.js'
import { abortable } from './abortable.js'
import type { Effect, StoredCheckpoint } from './effect.js'
import { ballotBelow } from './ballot-below.js'
import type { CheckpointHealth } from './checkpoint-health.js'
import type { BlobWriter } from './log-engine.js'
import type { LogParts } from './log-parts.js'

interface PublishOptions extends StoreCheckpointOptions, InstallCheckpointOptions {}

/**
 * Checkpoints over the blobs of an engine: the state is written and durable first, then one effect names it. Until then
 * it does not exist; a crash leaves a blob that nobody named, and the next open removes it.
 */
export class EngineCheckpoints implements CheckpointStore {
  readonly #parts: LogParts
  readonly #health: CheckpointHealth

  constructor(parts: LogParts, health: CheckpointHealth) {
    this.#parts = parts
    this.#health = health
  }

  async store(
    slot: Slot,
    content: CheckpointContent,
    options?: StoreCheckpointOptions,
  ): Promise<CheckpointInfo> {
    check.checkOptionalBoolean(options?.acrossGaps, 'options.acrossGaps')
    return this.#publish('store', slot, content, options)
  }

  async install(
    slot: Slot,
    content: CheckpointContent,
    options?: InstallCheckpointOptions,
  ): Promise<CheckpointInfo> {
    if (options?.discardFrom !== undefined) check.checkBound(options.discardFrom, 'options.discardFrom')
    return this.#publish('install', slot, content, options)
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
    check.checkOptions(options)
    check.checkObject(options, 'options')
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
      if (going.length === 0) return { removed: 0 }
      const effects = going.map(({ slot, blob }): Effect => ({ kind: 'drop-checkpoint', slot, blob }))
      await writes.write('checkpoints.prune', effects, strongest, 'log')
      for (const one of going) await this.#health.remove(one)
      return { removed: going.length }
    })
  }

  async #publish(
    kind: CheckpointCall['kind'],
    slot: Slot,
    content: CheckpointContent,
    options: PublishOptions = {},
  ): Promise<CheckpointInfo> {
    check.checkBound(slot, 'slot')
    check.checkOptions(options)
    if (options.ballot !== undefined) check.checkBallot(options.ballot, 'options.ballot')
    check.checkOptionalBytes(options.metadata, 'options.metadata')
    const metadataBytes = options.metadata?.byteLength ?? 0
    if (metadataBytes > check.MAX_METADATA_BYTES) {
      throw raise.tooLarge('options.metadata bytes', metadataBytes, check.MAX_METADATA_BYTES)
    }
    const chunks = chunksOf(content)
    const { ballot, discardFrom } = options
    const about = {
      ballot: ballot && copyBallot(ballot),
      metadata: options.metadata && copyBytes(options.metadata),
    }
    const { life, engine } = this.#parts
    return life.run(`checkpoints.${kind}`, 'write', options.signal, async () => {
      this.#judge({ kind, slot, acrossGaps: options.acrossGaps ?? false })
      const writer = engine.blobs.create()
      const written = await this.#writeBlob(writer, chunks, options.signal)
      const call = { kind, slot, acrossGaps: options.acrossGaps ?? false, content: written }
      const checkpoint = { slot, ...written, ...about, blob: writer.blob }
      return this.#name(call, checkpoint, discardFrom, options.signal)
    })
  }

  /** The commit point: judged again, because the log went on while the state was written. */
  async #name(
    call: CheckpointCall,
    checkpoint: StoredCheckpoint,
    discardFrom: Slot | undefined,
    signal: AbortSignal | undefined,
  ): Promise<CheckpointInfo> {
    const { engine, life, writes, space, strongest } = this.#parts
    const operation = `checkpoints.${call.kind}`
    let isNew: boolean
    try {
      signal?.throwIfAborted()
      life.checkPoison(operation)
      isNew = this.#judge(call) === 'store'
    } catch (error) {
      // The refusal is the one to tell; a blob that nobody named goes at the next open.
      await engine.blobs.remove(checkpoint.blob).catch(() => undefined)
      throw error
    }
    const stored = isNew ? checkpoint : this.#newest()!
    // A readable one at this slot would have been an answer: what stands there is damaged, and makes room.
    const superfluous = isNew
      ? writes.judged.checkpoints.filter((one) => one.slot === call.slot)
      : [checkpoint]
    const effects: Effect[] = []
    if (isNew) {
      effects.push(...superfluous.map(({ slot, blob }): Effect => ({ kind: 'drop-checkpoint', slot, blob })))
      effects.push({ kind: 'checkpoint', checkpoint })
    }
    if (call.kind === 'install') {
      // The same state may be stored here without its ballot; who ships it knows.
      const ballot = checkpoint.ballot ?? stored.ballot
      effects.push(...this.#installEffects({ ...stored, ballot }, discardFrom))
    }
    const shown = writes.write(operation, effects, strongest, 'log')
    space.wake()
    await shown
    if (isNew) this.#health.wasWritten(checkpoint)
    for (const one of superfluous) await this.#health.remove(one)
    if (effects.some((effect) => effect.kind === 'compact')) await this.#parts.reclaim(operation)
    return publicInfo(stored)
  }

  /** The newest one that is not known to be damaged, effects under way included. */
  #newest(): StoredCheckpoint | undefined {
    return this.#parts.writes.judged.checkpoints.findLast((one) => !this.#health.isDamaged(one))
  }

  #installEffects({ slot, ballot }: StoredCheckpoint, discardFrom: Slot | undefined): Effect[] {
    const { writes } = this.#parts
    const { judged } = writes
    const effects: Effect[] = []
    if (slot > judged.point) {
      effects.push({ kind: 'compact', before: slot, ballot: ballot ?? ballotBelow(slot, writes) })
    }
    if (discardFrom !== undefined && judged.accepted.firstFrom(discardFrom) !== undefined) {
      effects.push({ kind: 'discard', from: discardFrom, to: Number.MAX_SAFE_INTEGER })
    }
    return effects
  }

  #judge(call: CheckpointCall): 'store' | 'no-op' {
    const { judged } = this.#parts.writes
    const [damaged] = judged.damaged.ranges()
    const newest = this.#newest()
    const state = { point: judged.point, contiguousTo: judged.contiguousTo, newest, damaged }
    const verdict = judgeCheckpoint(call, state)
    if (verdict instanceof PersistentLogError) throw verdict
    return verdict
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

function publicInfo({ slot, bytes, digest, ballot, metadata }: StoredCheckpoint): CheckpointInfo {
  return { slot, bytes, digest, ballot, metadata: metadata && copyBytes(metadata) }
}
