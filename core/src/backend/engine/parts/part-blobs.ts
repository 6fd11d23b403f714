import { createHash } from 'node:crypto'
import { isPersistentLogError, raise } from '../../../errors/index.js'
import { drain } from '../drain.js'
import type { LifeCycle } from '../life-cycle.js'
import type { BlobStore } from '../log-engine.js'
import { readFailure } from '../read-failure.js'
import type { HeldPart } from './held-part.js'
import { own, PartTable, type WrittenPart } from './part-table.js'
import { severalAtOnce } from './several-at-once.js'

/** The contents of parts: a blob each. */
export class PartBlobs {
  readonly table = new PartTable()
  readonly #blobs: BlobStore
  readonly #life: LifeCycle
  /** Told of a part that turned out to be damaged. */
  #onDamage: (part: HeldPart) => void = () => undefined

  constructor(blobs: BlobStore, life: LifeCycle) {
    this.#blobs = blobs
    this.#life = life
  }

  whenDamaged(listener: (part: HeldPart) => void): void {
    this.#onDamage = listener
  }

  /** Stores a content, at the engine's strongest survival, unless it is held and readable; the caller owns the part. */
  async obtain(digest: string, content: Uint8Array): Promise<HeldPart> {
    return (await this.readable(digest)) ?? this.table.obtain(digest, () => this.write(content))
  }

  /** A held content, with one owner more, that was read back since the log was opened: it is read now, where it was not. */
  async readable(digest: string): Promise<HeldPart | undefined> {
    for (let held = this.table.find(digest); held; held = this.table.find(digest)) {
      if (held.isVerified) return own(held)
      try {
        await drain(this.readOwned(held))
      } catch (error) {
        // The table has forgotten it by now.
        if (!isPersistentLogError(error, 'PLOG_CORRUPTED')) throw error
      }
    }
    return undefined
  }

  /** Bytes as a blob of their own; a failure poisons the log. */
  async write(content: Uint8Array): Promise<WrittenPart> {
    this.#life.checkPoison('checkpoints')
    const writer = this.#blobs.create()
    try {
      await writer.write(content)
      await writer.finish()
    } catch (cause) {
      await writer.abort().catch(() => undefined)
      throw this.#life.poison('checkpoints', cause)
    }
    return { blob: writer.blob, bytes: content.byteLength }
  }

  /** Like `read`, and owns the part while it is read. */
  async *readOwned(part: HeldPart): AsyncGenerator<Uint8Array, undefined> {
    own(part)
    try {
      yield* this.read(part)
    } finally {
      await this.releaseLate([part])
    }
    return undefined
  }

  /** The content in one piece. */
  async whole(part: HeldPart): Promise<Uint8Array> {
    const content = new Uint8Array(part.bytes)
    let at = 0
    for await (const chunk of this.read(part)) {
      content.set(chunk, at)
      at += chunk.byteLength
    }
    return content
  }

  /** The content, chunk by chunk, of a part that the caller owns. Damage is remembered, and rejects. */
  async *read(part: HeldPart): AsyncGenerator<Uint8Array, undefined> {
    const hash = createHash('sha256')
    let bytes = 0
    try {
      for await (const chunk of this.#blobs.read(part.blob)) {
        hash.update(chunk)
        bytes += chunk.byteLength
        if (bytes > part.bytes) break
        yield chunk
      }
      if (bytes !== part.bytes || hash.digest('hex') !== part.digest) {
        throw raise.corrupted(`the part with digest ${part.digest} is not what was stored`)
      }
      part.isVerified = true
    } catch (error) {
      if (isPersistentLogError(error, 'PLOG_CORRUPTED')) {
        part.isVerified = false
        this.table.forget(part)
        this.#onDamage(part)
      }
      throw readFailure(undefined, error)
    }
    return undefined
  }

  /** What a reader owned; he may end after the log. */
  async releaseLate(parts: readonly HeldPart[]): Promise<void> {
    if (this.#life.refusal('checkpoints.prune')) return
    await this.#life.run('checkpoints.prune', 'write', undefined, () => this.release(parts))
  }

  /** Each has one owner less; contents that nobody wants any more are removed. */
  async release(parts: readonly HeldPart[]): Promise<void> {
    const going = parts.filter((part) => this.table.disown(part))
    // The next open removes what a log that stopped leaves behind.
    if (going.length === 0 || this.#life.refusal('checkpoints.prune')) return
    try {
      await severalAtOnce(
        going,
        () => 0,
        ({ blob }) => this.#blobs.remove(blob),
      )
    } catch (cause) {
      throw this.#life.poison('checkpoints.prune', cause)
    }
  }
}
