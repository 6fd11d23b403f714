import { raise, type Proposal, type StoredEntry } from '@persistent-log/core/backend'
import { maskAt } from '../checksum.js'
import { u64At } from '../integers.js'
import type { GroupBuilder } from '../segments/group-builder.js'
import {
  CHECKSUM_WORD,
  decodeRecord,
  entryRecordBytes,
  fillRecord,
  IS_FOLLOWED,
  isContentIntact,
  MARK_WORD,
  markOf,
  markWord,
  RECORD,
  recordBytes,
  RECORD_HEADER_BYTES,
  type RecordKind,
  type StoredRecord,
} from '../segments/record.js'
import type { RegionFile, SegmentFiles } from '../segments/segment-files.js'
import { isMappedEntryIntact, mappedEntry } from '../segments/stored-entry.js'
import { wordMemory, type WordMemory } from '../word-memory.js'
import { createRegion } from './create-region.js'
import {
  capacityFor,
  CONTROL,
  CONTROL_BYTES,
  NO_ROOM,
  placeFor,
  REGION_NAME,
  RING_HEADER_BYTES,
  ringSeed,
  RING_UNIT_BYTES,
  writeSkip,
} from './ring-layout.js'

/** The file grows in these steps, in bytes. */
const STEP_BYTES = 1024 * 1024
/** An entry takes at most this part of the ring; larger ones go to the tail. */
const MAX_ENTRY_PART = 1 / 4
/** So does a batch, and at most so many bytes: it is evicted in one piece. */
const MAX_BATCH_BYTES = 1024 * 1024
/** The ring holds the newest weak writes: beyond this part of it, the oldest should go. */
const KEPT_PART = 1 / 2

/**
 * The mutable region: a ring of records in memory that outlives the process. After a power cut its file may hold any
 * mixture of pages, and nothing in it is believed. Positions only grow; the offset is the position modulo the capacity.
 *
 * A record is reserved, written and published, in this order (ring-protocol.ts has the steps for several writers). There
 * is one writer here, so plain stores do: the checksum of a record is what publishes it, because no record is one without
 * it, and what an earlier lap left never has the right one. Invariants: reclaimed <= frontier <= reserved
 * <= reclaimed + capacity; between the first two, records and skips follow each other without a gap.
 */
export class RingBuffer {
  readonly memory: WordMemory
  readonly capacity: number
  readonly seed: number
  readonly maxEntryBytes: number
  readonly keptBytes: number
  readonly #file: RegionFile
  #end = 0
  #reclaimed = 0
  #backed: number

  private constructor(file: RegionFile, capacity: number) {
    this.#file = file
    this.memory = wordMemory(file.bytes)
    this.capacity = capacity
    this.maxEntryBytes = capacity * MAX_ENTRY_PART
    this.keptBytes = capacity * KEPT_PART
    this.seed = ringSeed(file.bytes)
    this.#backed = file.size - RING_HEADER_BYTES
  }

  /** An empty ring with a salt of its own, of at most `bytes`; what an earlier session left is gone. */
  static async create(files: SegmentFiles, bytes: number): Promise<RingBuffer> {
    const capacity = capacityFor(bytes)
    return new RingBuffer(await createRegion(files, capacity), capacity)
  }

  /** Behind the newest record. */
  get end(): number {
    return this.#end
  }

  /** Everything below may be overwritten. */
  get reclaimed(): number {
    return this.#reclaimed
  }

  /** Bytes in use, those of superseded entries included. */
  get used(): number {
    return this.#end - this.#reclaimed
  }

  /** True when so much is in use that the oldest should go. */
  get isAging(): boolean {
    return this.#end - this.#reclaimed > this.keptBytes
  }

  /** The offset in the memory of a position. */
  offsetOf(position: number): number {
    return RING_HEADER_BYTES + (position & (this.capacity - 1))
  }

  /** Appends a record; it outlives the process on return. Its position, or `NO_ROOM`. */
  append(
    kind: RecordKind,
    slot: number,
    round: number,
    nodeId: number,
    link: number,
    word: number,
    value: Uint8Array,
    proof: Uint8Array | undefined,
  ): number {
    const bytes = recordBytes(value.length, proof === undefined ? 0 : proof.length)
    const position = bytes > this.maxEntryBytes ? NO_ROOM : this.#reserve(bytes)
    if (position === NO_ROOM) return NO_ROOM
    const offset = this.offsetOf(position)
    this.memory.words[CONTROL.reserved] = (position + bytes) / RING_UNIT_BYTES
    const sum = fillRecord(this.memory, offset, kind, 0, slot, round, nodeId, link, word, value, proof)
    this.memory.words[(offset >>> 2) + CHECKSUM_WORD] = sum ^ maskAt(this.seed, position)
    this.#file.stored(offset, bytes)
    this.#reach(position + bytes)
    return position
  }

  /**
   * Appends accepts as one: the first is published last, and a scan passes nothing that is neither published nor said to
   * be reserved. The position of the first, which the others follow, or `NO_ROOM`.
   */
  acceptAll(proposals: readonly Proposal[], link: number): number {
    let bytes = 0
    for (const proposal of proposals) bytes += entryRecordBytes(proposal)
    const first = bytes > Math.min(this.maxEntryBytes, MAX_BATCH_BYTES) ? NO_ROOM : this.#reserve(bytes)
    if (first === NO_ROOM) return NO_ROOM
    const { memory } = this
    const from = this.offsetOf(first)
    let offset = from
    let firstSum = 0
    for (const proposal of proposals) {
      const { slot, ballot, value, proof } = proposal
      const { round, nodeId } = ballot
      const end = offset + entryRecordBytes(proposal)
      const flags = end < from + bytes ? IS_FOLLOWED : 0
      const sum = fillRecord(memory, offset, RECORD.accept, flags, slot, round, nodeId, link, 0, value, proof)
      const stored = sum ^ maskAt(this.seed, first + (offset - from))
      if (offset === from) firstSum = stored
      memory.words[(offset >>> 2) + CHECKSUM_WORD] = offset === from ? ~stored : stored
      offset = end
    }
    this.#file.stored(from, bytes)
    memory.words[(from >>> 2) + CHECKSUM_WORD] = firstSum
    this.#file.stored(from + 4 * CHECKSUM_WORD, 4)
    this.#reach(first + bytes)
    return first
  }

  /** Makes the accepted entry a decision: one store of a word. False: what is there is not this slot's. */
  decide(position: number, slot: number): boolean {
    if (!this.holds(position, slot)) return false
    const { words } = this.memory
    const at = this.offsetOf(position) >>> 2
    words[at + MARK_WORD] = markWord(words[at + CHECKSUM_WORD]! ^ maskAt(this.seed, position))
    this.#file.stored((at + MARK_WORD) * 4, 4)
    return true
  }

  /** Bytes that the record at an offset takes. A length that rotted in memory would lead anywhere. */
  bytesAt(offset: number): number {
    const { words } = this.memory
    const at = offset >>> 2
    const kind = (words[at]! >>> 16) & 0xff
    const bytes = recordBytes(words[at + 1]!, words[at + 10]!)
    const isPossible =
      bytes > 0 && bytes <= Math.min(RING_HEADER_BYTES + this.capacity - offset, this.maxEntryBytes)
    if (isPossible && kind >= RECORD.accept && kind <= RECORD.mark) return bytes
    const file = `engine/${REGION_NAME}`
    throw raise.corrupted('a record of the mutable region is damaged', { file, offset })
  }

  /** Copies the proposal of a slot into a group, as a decision: nothing is summed. Returns where the copy stands. */
  copyDecided(position: number, slot: number, builder: GroupBuilder): number {
    const offset = this.offsetOf(position)
    const copy = builder.addRun(this.memory, offset, this.bytesAt(offset))
    builder.restamp(copy, maskAt(this.seed, position), slot, true)
    return copy
  }

  /** True when the record at the position is live and names the slot. */
  holds(position: number, slot: number): boolean {
    if (position < this.#reclaimed || position >= this.#end) return false
    const { words } = this.memory
    const at = this.offsetOf(position) >>> 2
    return u64At(words, at + 2) === slot
  }

  /**
   * The value of a slot's entry, a view. It was written by this process since open, so nothing is summed here; `record`
   * does that.
   */
  value(position: number, slot: number): Uint8Array | undefined {
    if (!this.holds(position, slot)) return undefined
    const { bytes, words, buffer, start } = this.memory
    const offset = this.offsetOf(position)
    const from = offset + RECORD_HEADER_BYTES
    const length = words[(offset >>> 2) + 1]! >>> 0
    // A length that rotted reaches anywhere.
    if (length > this.maxEntryBytes || from + length > bytes.length) return undefined
    return new Uint8Array(buffer, start + from, length)
  }

  /** The record at a position, verified, as views; `undefined` when it is damaged or gone. */
  record(position: number): StoredRecord | undefined {
    if (position < this.#reclaimed || position >= this.#end) return undefined
    const { bytes } = this.memory
    const offset = this.offsetOf(position)
    if (markOf(bytes, offset, bytes.length, position, this.seed) === undefined) return undefined
    return isContentIntact(bytes, offset)
      ? decodeRecord(bytes, offset, maskAt(this.seed, position))
      : undefined
  }

  /** The entry of a slot, verified, as views; `undefined` when it is damaged or gone. */
  entry(position: number, slot: number): StoredEntry | undefined {
    if (position < this.#reclaimed || position >= this.#end) return undefined
    const offset = this.offsetOf(position)
    const entry = mappedEntry(this.memory, offset, this.memory.bytes.length, slot)
    return entry && isMappedEntryIntact(this.memory, offset, position, this.seed) ? entry : undefined
  }

  /** Everything below the position is superseded by something that survives as much: its space may be used again. */
  reclaimTo(position: number): void {
    const { words } = this.memory
    Atomics.store(words, CONTROL.reclaimed, position / RING_UNIT_BYTES)
    Atomics.store(words, CONTROL.reclaimedAgain, position / RING_UNIT_BYTES)
    this.#file.stored(CONTROL_BYTES.from, CONTROL_BYTES.to - CONTROL_BYTES.from)
    this.#reclaimed = position
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  /** Where so many bytes find room, backed and in one piece, at the end; `NO_ROOM` where they do not. */
  #reserve(bytes: number): number {
    const position = placeFor(this.#end, this.#reclaimed, bytes, this.capacity)
    if (position === NO_ROOM || (position !== this.#end && !this.#skipTo(position))) return NO_ROOM
    return this.#backs(this.offsetOf(position), bytes) ? position : NO_ROOM
  }

  #backs(offset: number, bytes: number): boolean {
    return offset - RING_HEADER_BYTES + bytes <= this.#backed || this.#extend(offset + bytes)
  }

  /** Everything below is whole. */
  #reach(end: number): void {
    this.memory.words[CONTROL.frontier] = end / RING_UNIT_BYTES
    this.#end = end
    this.#file.stored(CONTROL_BYTES.from, CONTROL_BYTES.to - CONTROL_BYTES.from)
  }

  /** The rest of the lap is left out. */
  #skipTo(position: number): boolean {
    const offset = this.offsetOf(this.#end)
    const left = position - this.#end
    if (!this.#backs(offset, RING_UNIT_BYTES)) return false
    writeSkip(this.memory, offset, maskAt(this.seed, this.#end), left)
    this.#file.stored(offset, RING_UNIT_BYTES)
    this.#end = position
    return true
  }

  /** False when the device gives no room: the entry then goes to the tail, and if that finds none either, it tells. */
  #extend(end: number): boolean {
    const { size } = this.#file
    const wanted = Math.ceil((end - size) / STEP_BYTES) * STEP_BYTES
    try {
      this.#file.extend(Math.min(size + wanted, RING_HEADER_BYTES + this.capacity))
    } catch (cause) {
      // Nothing was stored there yet, so that no entry is in doubt whatever the reason is.
      if (cause instanceof Error && 'syscall' in cause) return false
      throw cause
    }
    this.#backed = this.#file.size - RING_HEADER_BYTES
    return true
  }
}
