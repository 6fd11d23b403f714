import { createHash } from 'node:crypto'
import { isPersistentLogError, raise } from '../../errors/index.js'
import type { StoredCheckpoint } from './effect.js'
import type { LifeCycle } from './life-cycle.js'
import type { LogEngine } from './log-engine.js'
import type { WritePath } from './write-path.js'

/** Which checkpoints are known to be readable or damaged, and who reads them right now. */
export class CheckpointHealth {
  readonly #engine: LogEngine
  readonly #writes: WritePath
  readonly #life: LifeCycle
  readonly #verified = new Set<string>()
  readonly #damaged = new Set<string>()
  readonly #readers = new Map<string, number>()
  readonly #going = new Set<string>()

  constructor(engine: LogEngine, writes: WritePath, life: LifeCycle) {
    this.#engine = engine
    this.#writes = writes
    this.#life = life
  }

  isDamaged({ blob }: StoredCheckpoint): boolean {
    return this.#damaged.has(blob)
  }

  /** This process wrote it and knows what it wrote. */
  wasWritten({ blob }: StoredCheckpoint): void {
    this.#verified.add(blob)
  }

  /** The newest one whose whole content was read back without a fault since the log was opened. */
  async newestReadable(signal?: AbortSignal): Promise<StoredCheckpoint | undefined> {
    for (const one of [...this.#writes.shown.checkpoints].reverse()) {
      if (this.isDamaged(one)) continue
      if (this.#verified.has(one.blob) || (await this.#verify(one, signal))) return one
    }
    return undefined
  }

  /** The content; damage is remembered, and rejects. */
  async *read(one: StoredCheckpoint): AsyncGenerator<Uint8Array, undefined> {
    this.#readers.set(one.blob, (this.#readers.get(one.blob) ?? 0) + 1)
    try {
      const hash = createHash('sha256')
      let bytes = 0
      for await (const chunk of this.#engine.blobs.read(one.blob)) {
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
      throw error
    } finally {
      const readers = this.#readers.get(one.blob)! - 1
      this.#readers.set(one.blob, readers)
      if (readers === 0) await this.#removeLate(one)
    }
    return undefined
  }

  /** Removes the content of a checkpoint that is no longer named, once nobody reads it. */
  async remove({ blob }: StoredCheckpoint): Promise<void> {
    if ((this.#readers.get(blob) ?? 0) > 0) {
      this.#going.add(blob)
      return
    }
    try {
      await this.#engine.blobs.remove(blob)
    } catch (cause) {
      throw this.#life.poison('checkpoints.prune', cause)
    }
  }

  /** Its last reader is gone. A reader may end after the log: the next open removes what nobody names then. */
  async #removeLate(one: StoredCheckpoint): Promise<void> {
    this.#readers.delete(one.blob)
    if (!this.#going.delete(one.blob) || this.#life.refusal('checkpoints.prune')) return
    await this.#life.run('checkpoints.prune', 'write', undefined, () => this.remove(one))
  }

  async #verify(one: StoredCheckpoint, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      for await (const chunk of this.read(one)) {
        void chunk
        signal?.throwIfAborted()
      }
      return true
    } catch (error) {
      if (isPersistentLogError(error, 'PLOG_CORRUPTED')) return false
      throw error
    }
  }
}
