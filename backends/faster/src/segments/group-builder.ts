import { maskAt } from '../checksum.js'
import { wordMemory, type WordMemory } from '../word-memory.js'
import {
  encodeGroupHeader,
  EMPTY_SUMMARY,
  GROUP_HEADER_BYTES,
  type GroupContext,
  type GroupSummary,
} from './group.js'
import { encodeRecord, RECORD, recordBytes, restampRecord, type RecordFields } from './record.js'

/** The buffer is kept from group to group up to this size, in bytes. */
const KEPT_BUFFER_BYTES = 8 * 1024 * 1024
const FIRST_BUFFER_BYTES = 64 * 1024

const FEW_WORDS = 128

const NAMES_SLOT = (1 << RECORD.accept) | (1 << RECORD.decide) | (1 << RECORD.mark)

/** Where a group is going to stand. */
export interface GroupPlace {
  readonly position: number
  readonly seed: number
}

/** A record that was put into a group. */
export interface PlacedRecord {
  readonly position: number
  readonly checksum: number
}

/** Gathers the records of one group in a buffer and frames them. */
export class GroupBuilder {
  #memory: WordMemory = newMemory(FIRST_BUFFER_BYTES)
  #length = 0
  #place: GroupPlace = { position: 0, seed: 0 }
  #records = 0
  #kinds = 0
  #lowest = EMPTY_SUMMARY.lowest
  #end = EMPTY_SUMMARY.end

  /** Bytes so far, frame included. */
  get bytes(): number {
    return this.#length
  }

  get summary(): GroupSummary {
    return { records: this.#records, kinds: this.#kinds, lowest: this.#lowest, end: this.#end }
  }

  begin(place: GroupPlace): void {
    if (this.#memory.bytes.length > KEPT_BUFFER_BYTES) this.#memory = newMemory(FIRST_BUFFER_BYTES)
    this.#place = place
    this.#length = GROUP_HEADER_BYTES
    this.#records = 0
    this.#kinds = 0
    this.#lowest = EMPTY_SUMMARY.lowest
    this.#end = EMPTY_SUMMARY.end
  }

  /** The position and the checksum of a record are known as soon as it is added. */
  add(fields: RecordFields): PlacedRecord {
    const bytes = recordBytes(fields.value?.length ?? 0, fields.proof?.length ?? 0)
    this.#ensure(this.#length + bytes)
    const offset = this.#length
    const position = this.#place.position + offset
    const sum = encodeRecord(this.#memory, offset, position, this.#place.seed, fields)
    this.#length += bytes
    this.#count(fields.kind, fields.a ?? 0)
    return { position, checksum: sum }
  }

  /**
   * Copies records as they stand, one behind the other; each is to be restamped. Returns the position of the first.
   */
  addRun(source: WordMemory, offset: number, bytes: number): number {
    this.#ensure(this.#length + bytes)
    const target = this.#length
    copyWords(source.words, offset >>> 2, this.#memory.words, target >>> 2, bytes >>> 2)
    this.#length += bytes
    return this.#place.position + target
  }

  /**
   * Makes the copied accept or decision of `slot` one of its new position, and a decision if it has become one. `mask` is
   * what hid its checksum where it was; no checksum is computed.
   */
  restamp(position: number, mask: number, slot: number, isDecided: boolean): void {
    const { position: start, seed } = this.#place
    restampRecord(this.#memory.words, position - start, mask ^ maskAt(seed, position), isDecided)
    this.#count(isDecided ? RECORD.decide : RECORD.accept, slot)
  }

  /** The framed bytes, valid until the next `begin`, and the checksum of the frame. */
  finish(context: GroupContext): { readonly bytes: Buffer; readonly checksum: number } {
    const { position, seed } = this.#place
    const bodyBytes = this.#length - GROUP_HEADER_BYTES
    const sum = encodeGroupHeader(this.#memory, position, seed, bodyBytes, this.summary, context)
    return { bytes: this.#memory.bytes.subarray(0, this.#length), checksum: sum }
  }

  #count(kind: number, slot: number): void {
    this.#records++
    this.#kinds |= 1 << kind
    if (((1 << kind) & NAMES_SLOT) === 0) return
    if (slot < this.#lowest) this.#lowest = slot
    if (slot >= this.#end) this.#end = slot + 1
  }

  #ensure(bytes: number): void {
    const { bytes: before } = this.#memory
    if (bytes <= before.length) return
    this.#memory = newMemory(Math.max(bytes, before.length * 2))
    before.copy(this.#memory.bytes, 0, 0, this.#length)
  }
}

/** A view of a few words costs more than to copy them one by one. */
function copyWords(source: Int32Array, from: number, target: Int32Array, to: number, count: number): void {
  if (count > FEW_WORDS) target.set(source.subarray(from, from + count), to)
  else for (let at = 0; at < count; at++) target[to + at] = source[from + at]!
}

function newMemory(bytes: number): WordMemory {
  return wordMemory(Buffer.allocUnsafeSlow(Math.ceil(bytes / 8) * 8))
}
