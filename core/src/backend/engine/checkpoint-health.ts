import { createHash } from 'node:crypto'
import { isPersistentLogError, raise } from '../../errors/index.js'
import { drain } from './drain.js'
import type { StoredCheckpoint } from './effect.js'
import type { LifeCycle } from './life-cycle.js'
import type { LogEngine } from './log-engine.js'
import type { Descriptors } from './parts/descriptors.js'
import type { PartBlobs } from './parts/part-blobs.js'
import { own } from './parts/part-table.js'
import { readFailure } from './read-failure.js'
import type { WritePath } from './write-path.js'

/** Where the contents of checkpoints are. */
export interface CheckpointContents {
  readonly engine: LogEngine
  readonly parts: PartBlobs
  readonly descriptors: Descriptors
}

/** Which checkpoints are known to be readable or damaged, and who reads them right now. */
export class CheckpointHealth {
  readonly #contents: CheckpointContents
  readonly #writes: WritePath
  readonly #life: LifeCycle
  readonly #verified = new Set<string>()
  readonly #damaged = new Set<string>()
  readonly #readers = new Map<string, number>()
  readonly #going = new Set<string>()

  constructor(contents: CheckpointContents, writes: WritePath, life: LifeCycle) {
    this.#contents = contents
    this.#writes = writes
    this.#life = life
    contents.parts.whenDamaged((part) => {
      for (const blob of contents.descriptors.naming(part)) this.#damaged.add(blob)
    })
  }

  isDamaged(one: StoredCheckpoint): boolean {
    return this.#damaged.has(one.blob) || this.#contents.descriptors.isUnreadable(one)
  }

  /** This process wrote it and knows what it wrote; of a divisible one each part says so itself. */
  wasWritten({ blob, parts }: StoredCheckpoint): void {
    if (parts === undefined) this.#verified.add(blob)
  }

  /** The newest one whose whole content was read back without a fault since the log was opened. */
  async newestReadable(signal?: AbortSignal): Promise<StoredCheckpoint | undefined> {
    for (const one of [...this.#writes.shown.checkpoints].reverse()) {
      if (await this.isReadable(one, signal)) return one
    }
    return undefined
  }

  /** Whether its whole content was read back without a fault since the log was opened: it is read now, where it was not. */
  async isReadable(one: StoredCheckpoint, signal?: AbortSignal): Promise<boolean> {
    return !this.isDamaged(one) && (await this.#verify(one, signal))
  }

  /** The content; damage is remembered, and rejects. */
  read(one: StoredCheckpoint): AsyncGenerator<Uint8Array, undefined> {
    return one.parts === undefined ? this.#readWhole(one) : this.#readParts(one)
  }

  /** It never got its name, and somebody else is told why: what cannot be removed now goes at the next open. */
  async abandon(one: StoredCheckpoint): Promise<void> {
    const { engine, parts, descriptors } = this.#contents
    await engine.blobs.remove(one.blob).catch(() => undefined)
    this.#forget(one)
    await parts.release(descriptors.take(one)).catch(() => undefined)
  }

  /** Removes the content of a checkpoint that is no longer named, once nobody reads it. */
  async remove(one: StoredCheckpoint): Promise<void> {
    const { engine, parts, descriptors } = this.#contents
    if ((this.#readers.get(one.blob) ?? 0) > 0) {
      this.#going.add(one.blob)
      return
    }
    try {
      await engine.blobs.remove(one.blob)
    } catch (cause) {
      throw this.#life.poison('checkpoints.prune', cause)
    }
    this.#forget(one)
    await parts.release(descriptors.take(one))
  }

  #forget({ blob }: StoredCheckpoint): void {
    this.#verified.delete(blob)
    this.#damaged.delete(blob)
  }

  async *#readWhole(one: StoredCheckpoint): AsyncGenerator<Uint8Array, undefined> {
    this.#readers.set(one.blob, (this.#readers.get(one.blob) ?? 0) + 1)
    try {
      const hash = createHash('sha256')
      let bytes = 0
      for await (const chunk of this.#contents.engine.blobs.read(one.blob)) {
        hash.update(chunk)
        bytes += chunk.byteLength
        yield chunk
      }
      if (bytes !== one.bytes || hash.digest('hex') !== one.digest) {
        throw raise.corrupted(`the checkpoint at slot ${one.slot} is not what was stored`, { slot: one.slot })
      }
      this.#verified.add(one.blob)
    } catch (error) {
      if (isPersistentLogError(error, 'PLOG_CORRUPTED')) this.#damaged.add(one.blob)
      throw readFailure(one.slot, error)
    } finally {
      const readers = this.#readers.get(one.blob)! - 1
      this.#readers.set(one.blob, readers)
      if (readers === 0) await this.#removeLate(one)
    }
    return undefined
  }

  /** One part behind the other. A reader owns the parts, so that no prune takes them away. */
  async *#readParts(one: StoredCheckpoint): AsyncGenerator<Uint8Array, undefined> {
    const { parts, descriptors } = this.#contents
    const described = descriptors.of(one)
    if (!described) {
      throw raise.corrupted(`the list of the parts of the checkpoint at slot ${one.slot} is damaged`, {
        slot: one.slot,
      })
    }
    const owned = described.map(({ part }) => own(part))
    try {
      for (const part of owned) yield* parts.read(part)
    } finally {
      await parts.releaseLate(owned)
    }
    return undefined
  }

  /** Its last reader is gone. A reader may end after the log: the next open removes what nobody names then. */
  async #removeLate(one: StoredCheckpoint): Promise<void> {
    this.#readers.delete(one.blob)
    if (!this.#going.delete(one.blob) || this.#life.refusal('checkpoints.prune')) return
    await this.#life.run('checkpoints.prune', 'write', undefined, () => this.remove(one))
  }

  /** Reads what was not read yet: of a divisible one only the parts that no other checkpoint vouches for. */
  async #verify(one: StoredCheckpoint, signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#verified.has(one.blob)) return true
    const { parts, descriptors } = this.#contents
    try {
      if (one.parts === undefined) {
        await drain(this.read(one), signal)
        return true
      }
      for (const { part } of descriptors.of(one) ?? []) {
        if (!part.isVerified) await drain(parts.readOwned(part), signal)
      }
      return true
    } catch (error) {
      if (isPersistentLogError(error, 'PLOG_CORRUPTED')) return false
      throw error
    }
  }
}
