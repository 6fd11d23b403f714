import { maskAt } from '../checksum.js'
import { u64At } from '../integers.js'
import type { PendingSlots } from '../engine/pending-slots.js'
import { isDecided, isInRegion, placeOf, tailAddress } from '../regions/address.js'
import type { SlotTable } from '../regions/slot-table.js'
import type { GroupBuilder } from '../segments/group-builder.js'
import { isFollowed, RECORD } from '../segments/record.js'
import type { Tail } from '../segments/tail.js'
import type { MovedEntries } from './moved-entries.js'
import { isSkip } from './ring-layout.js'
import type { RingBuffer } from './ring-buffer.js'

/** What a chunk is copied from and counted in. */
export interface ChunkParts {
  readonly ring: RingBuffer
  readonly table: SlotTable
  readonly pending: PendingSlots
  readonly tail: Tail
  /** Of the chunk before nothing is needed any more. */
  readonly moved: MovedEntries
}

/** A stretch of the ring on its way to the tail. */
export class EvictedChunk {
  readonly #parts: ChunkParts
  readonly #from: number
  readonly #to: number
  readonly #isFirst: boolean
  #end: number
  /** The batch that is being looked at: whether something of it moves, and the ring position of the last successor. */
  #isBatchLive = false
  #lastSuccessor = 0

  /** From a record on, to a record at or behind `to` that ends a batch. `isFirst`: not once more. */
  constructor(parts: ChunkParts, from: number, to: number, isFirst: boolean) {
    this.#parts = parts
    this.#from = from
    this.#to = to
    this.#isFirst = isFirst
    this.#end = from
  }

  /** Behind the last record that was looked at. */
  get end(): number {
    return this.#end
  }

  /** Copies what is live, at the moment when its place in the tail is known: runs of it as they stand. */
  copyTo(builder: GroupBuilder, point: number): void {
    const { ring, tail, moved } = this.#parts
    moved.clear()
    let to = this.#to
    let position = this.#from
    let runFrom = position
    let runFirst = 0
    // A batch that goes on is copied to its end, and to what has superseded a part of it: one group of the tail holds
    // all of it, or a power cut would show some of its slots as they were before it.
    for (let isCut = false; position < to || isCut;) {
      const left = ring.capacity - (position & (ring.capacity - 1))
      const offset = ring.offsetOf(position)
      const isSkipped = isSkip(ring.memory, offset, maskAt(ring.seed, position), left)
      const bytes = isSkipped ? left : ring.bytesAt(offset)
      const isLive = !isSkipped && this.#isMoved(builder, position, offset, point)
      const runTo = isLive ? position + bytes : position
      isCut = !isSkipped && isFollowed(ring.memory, offset)
      position += bytes
      if (!isCut) to = Math.max(to, this.#endBatch())
      // A run is one piece of memory: the end of the lap ends it too.
      if (isLive && bytes < left) continue
      this.#copyRun(builder, runFrom, runTo, runFirst)
      runFrom = position
      runFirst = moved.count
    }
    this.#copyRun(builder, runFrom, position, runFirst)
    this.#end = position
    tail.active.writtenSlots += moved.count
  }

  /**
   * The copies are in the file: the slots are there from now on. Returns how many entries became decisions meanwhile;
   * those are still in the ring only.
   */
  settle(): number {
    const { table, moved } = this.#parts
    let left = 0
    for (let at = 0; at < moved.count; at++) {
      const slot = moved.slot(at)
      const before = moved.address(at)
      const now = table.get(slot)
      if (now === before) table.set(slot, tailAddress(moved.position(at), isDecided(before)))
      else if (isInRegion(now) && placeOf(now) === placeOf(before)) left++
    }
    return left
  }

  /** True when the record is an entry that is live, and is noted as one that moves; a live mark is copied at once. */
  #isMoved(builder: GroupBuilder, position: number, offset: number, point: number): boolean {
    const { ring, table, pending, moved } = this.#parts
    const { words } = ring.memory
    const at = offset >>> 2
    const slot = u64At(words, at + 2)
    if (slot < point) return false
    const address = table.get(slot)
    if (((words[at]! >>> 16) & 0xff) === RECORD.mark) {
      if (this.#isFirst) this.#copyMark(builder, at, slot, address)
      return false
    }
    // What was encoded before this is newer, though it is not counted yet.
    if (!isInRegion(address) || pending.addressOf(slot) !== undefined) return false
    if (placeOf(address) !== position) {
      this.#lastSuccessor = Math.max(this.#lastSuccessor, placeOf(address))
      return false
    }
    this.#isBatchLive = true
    moved.add(slot, address)
    return true
  }

  /** The ring position that has to be passed for the batch that ends here, a single record too. */
  #endBatch(): number {
    const passed = this.#isBatchLive ? this.#lastSuccessor + 1 : 0
    this.#isBatchLive = false
    this.#lastSuccessor = 0
    return passed
  }

  /** The noted entries from `first` on stand in the ring one behind the other. */
  #copyRun(builder: GroupBuilder, from: number, to: number, first: number): void {
    if (from === to) return
    const { ring, moved } = this.#parts
    const start = builder.addRun(ring.memory, ring.offsetOf(from), to - from)
    for (let at = first; at < moved.count; at++) {
      const address = moved.address(at)
      const place = placeOf(address)
      const position = start + (place - from)
      moved.place(at, position)
      builder.restamp(position, maskAt(ring.seed, place), moved.slot(at), isDecided(address))
    }
  }

  /** A mark on a proposal in the tail; where that moved on, the decision moved with it. */
  #copyMark(builder: GroupBuilder, at: number, slot: number, address: number): void {
    const { words } = this.#parts.ring.memory
    const link = u64At(words, at + 8)
    if (address !== tailAddress(link, true)) return
    const b = u64At(words, at + 4)
    const c = u64At(words, at + 6)
    builder.add({ kind: RECORD.mark, a: slot, b, c, link, word: words[at + 11]! >>> 0 })
  }
}
