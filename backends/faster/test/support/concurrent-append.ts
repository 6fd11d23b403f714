import { maskAt } from '../../src/checksum.js'
import {
  CONTROL,
  isSkip,
  NO_ROOM,
  placeFor,
  RING_HEADER_BYTES,
  RING_UNIT_BYTES,
  writeSkip,
} from '../../src/ring/ring-layout.js'
import {
  CHECKSUM_WORD,
  fillRecord,
  markOf,
  RECORD,
  recordBytes,
  storedBytes,
} from '../../src/segments/record.js'
import type { WordMemory } from '../../src/word-memory.js'

/** The memory of a ring, as each of its writers sees it. */
export interface SharedRing {
  readonly memory: WordMemory
  readonly capacity: number
  readonly seed: number
}

/** An accept on its way into a ring. */
export interface AppendedEntry {
  readonly slot: number
  readonly round: number
  readonly nodeId: number
  readonly link: number
  readonly value: Uint8Array
}

type Step = 'read' | 'claim' | 'skip' | 'fill' | 'publish' | 'advance'

/**
 * The protocol by which several writers append to one ring, a step at a time; each step touches what others may touch at
 * most once, so a schedule of steps is all that can happen. `RingBuffer`, the only writer of its ring, takes the same
 * steps as plain stores. No step waits for another writer, and a claim fails only because another one succeeded.
 *
 * Release at `publish` (the checksum, without which there is no record), acquire in `#publishedAt`. A writer that
 * published looks whether the frontier may move, and so does every other: whoever looks last moves it for both.
 */
export class ConcurrentAppend {
  readonly #ring: SharedRing
  readonly #entry: AppendedEntry
  readonly #bytes: number
  #next: Step = 'read'
  #reserved = 0
  #position = NO_ROOM
  #sum = 0

  constructor(ring: SharedRing, entry: AppendedEntry) {
    this.#ring = ring
    this.#entry = entry
    this.#bytes = recordBytes(entry.value.byteLength, 0)
  }

  /** Where the entry stands; `NO_ROOM` until that is known, and for good if there was none. */
  get position(): number {
    return this.#position
  }

  /** True when the entry outlives the process. */
  get isPublished(): boolean {
    return this.#next === 'advance'
  }

  /** Takes a step; false when there is none left. */
  step(): boolean {
    switch (this.#next) {
      case 'read':
        this.#reserved = this.#load(CONTROL.reserved)
        this.#next = 'claim'
        return true
      case 'claim':
        return this.#claim()
      case 'skip':
        this.#skip()
        this.#next = 'fill'
        return true
      case 'fill':
        this.#fill()
        this.#next = 'publish'
        return true
      case 'publish':
        this.#publish()
        this.#next = 'advance'
        return true
      case 'advance':
        return this.#advance()
    }
  }

  /** The space is ours after this exchange; nobody sees it before the frontier passes us. */
  #claim(): boolean {
    const reclaimed = this.#load(CONTROL.reclaimed)
    const position = placeFor(this.#reserved, reclaimed, this.#bytes, this.#ring.capacity)
    if (position === NO_ROOM) return false
    if (!this.#exchange(CONTROL.reserved, this.#reserved, position + this.#bytes)) {
      this.#next = 'read'
      return true
    }
    this.#position = position
    this.#next = position === this.#reserved ? 'fill' : 'skip'
    return true
  }

  #skip(): void {
    const { memory, seed } = this.#ring
    const from = this.#reserved
    writeSkip(memory, this.#offset(from), maskAt(seed, from), this.#position - from)
  }

  #fill(): void {
    const { slot, round, nodeId, link, value } = this.#entry
    const { memory } = this.#ring
    const offset = this.#offset(this.#position)
    this.#sum = fillRecord(memory, offset, RECORD.accept, 0, slot, round, nodeId, link, 0, value, undefined)
  }

  #publish(): void {
    const { memory, seed } = this.#ring
    const at = (this.#offset(this.#position) >>> 2) + CHECKSUM_WORD
    Atomics.store(memory.words, at, this.#sum ^ maskAt(seed, this.#position))
  }

  /** Moves the frontier past one published record, somebody else's too; false when it is up to another writer. */
  #advance(): boolean {
    const frontier = this.#load(CONTROL.frontier)
    const bytes = this.#publishedAt(frontier)
    if (bytes === 0) return false
    this.#exchange(CONTROL.frontier, frontier, frontier + bytes)
    return true
  }

  /** Bytes of the skip or the record that is published at a position; 0 where there is none yet. */
  #publishedAt(position: number): number {
    const { memory, capacity, seed } = this.#ring
    const offset = this.#offset(position)
    const left = capacity - (position % capacity)
    if (isSkip(memory, offset, maskAt(seed, position), left)) return left
    const isThere = markOf(memory.bytes, offset, RING_HEADER_BYTES + capacity, position, seed) !== undefined
    return isThere ? storedBytes(memory.bytes, offset) : 0
  }

  #offset(position: number): number {
    return RING_HEADER_BYTES + (position % this.#ring.capacity)
  }

  #load(index: number): number {
    return (Atomics.load(this.#ring.memory.words, index) >>> 0) * RING_UNIT_BYTES
  }

  #exchange(index: number, expected: number, position: number): boolean {
    const [from, to] = [(expected / RING_UNIT_BYTES) | 0, (position / RING_UNIT_BYTES) | 0]
    return Atomics.compareExchange(this.#ring.memory.words, index, from, to) === from
  }
}
