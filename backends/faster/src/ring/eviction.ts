import { newWrite, type PendingWrite, type StoredEffect } from '../engine/stored-effect.js'
import type { PendingSlots } from '../engine/pending-slots.js'
import type { SlotTable } from '../regions/slot-table.js'
import type { Tail } from '../segments/tail.js'
import { EvictedChunk, type ChunkParts } from './evicted-chunk.js'
import { MovedEntries } from './moved-entries.js'
import type { RingBuffer } from './ring-buffer.js'

/** At least this part of the ring is evicted at once. */
const EVICTED_PART = 1 / 8
/**
 * So much of the ring is copied at once, in bytes: the main thread stands still meanwhile. The first chunk is small, and each is
 * at most twice as large as the one before: until it is compiled, copying takes ten times as long.
 */
const FIRST_CHUNK_BYTES = 64 * 1024
const CHUNK_BYTES = 1024 * 1024

/** What an eviction works on. */
export interface EvictionParts {
  readonly ring: RingBuffer
  readonly table: SlotTable
  readonly pending: PendingSlots
  readonly tail: Tail
  /** Takes a write over; resolves when it survives what it joins. */
  readonly write: (write: PendingWrite) => Promise<void>
  /** Nothing later can be trusted. */
  readonly fail: (cause: unknown) => void
}

/**
 * Moves the oldest part of the ring to the tail, in the background: everything live in it, decided or not, so that one
 * old pending slot blocks nobody. In this order: copied in groups; the slot table points to the copies; flushed; only
 * then is the space reclaimed.
 */
export class Eviction {
  readonly #parts: EvictionParts & ChunkParts
  /** One round after the other; rejected for ever after the first failure. */
  #turn: Promise<void> = Promise.resolve()
  #isRunning = false
  #owedTo = 0
  #chunkBytes = FIRST_CHUNK_BYTES

  constructor(parts: EvictionParts) {
    this.#parts = { ...parts, moved: new MovedEntries() }
  }

  /**
   * A flush is moving what stood below this ring position when it was asked for. What is not copied yet must not be
   * superseded in the ring: the flush would have neither.
   */
  get owedTo(): number {
    return this.#owedTo
  }

  /** The oldest part is on its way. */
  get isRunning(): boolean {
    return this.#isRunning
  }

  /** Begins, unless it is under way. */
  start(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#queue(() => this.#evictOldest()).catch(this.#parts.fail)
  }

  /**
   * Resolves when everything that is in the ring now is in the tail and flushed; `last` joins that flush. It is asked
   * when its place in the tail is certain.
   */
  evictAll(last: () => readonly StoredEffect[]): Promise<void> {
    const { end } = this.#parts.ring
    this.#owedTo = end
    return this.#queue(() => this.#round(end, last)).finally(() => {
      if (this.#owedTo === end) this.#owedTo = 0
    })
  }

  #queue(body: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(body)
    return this.#turn
  }

  /** A round; the next one goes behind a flush that waits, or who writes on and on would hold it up for ever. */
  async #evictOldest(): Promise<void> {
    const { ring } = this.#parts
    if (ring.isAging) {
      const surplus = ring.used - ring.keptBytes
      await this.#round(ring.reclaimed + Math.max(surplus, ring.capacity * EVICTED_PART), () => [])
    }
    this.#isRunning = false
    if (ring.isAging) this.start()
  }

  async #round(to: number, last: () => readonly StoredEffect[]): Promise<void> {
    const { ring, write } = this.#parts
    let from = ring.reclaimed
    while (from < to) from = await this.#move(from, to)
    await write(newWrite(last(), true))
    if (from > ring.reclaimed) ring.reclaimTo(from)
  }

  /** Moves one chunk; returns where it ends. An entry that was decided while its copy was written is copied again. */
  async #move(from: number, to: number): Promise<number> {
    let chunk = new EvictedChunk(this.#parts, from, Math.min(to, from + this.#chunkBytes), true)
    this.#chunkBytes = Math.min(this.#chunkBytes * 2, CHUNK_BYTES)
    await this.#parts.write(newWrite([{ kind: 'evict', chunk }], false))
    while (chunk.settle() > 0) {
      chunk = new EvictedChunk(this.#parts, from, chunk.end, false)
      await this.#parts.write(newWrite([{ kind: 'evict', chunk }], false))
    }
    return chunk.end
  }
}
