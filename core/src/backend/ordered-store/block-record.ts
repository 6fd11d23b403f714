import type { Ballot } from '../../contract/ballot.js'
import type { Slot } from '../../contract/slot.js'
import type { EffectOf } from '../engine/effect.js'
import {
  BLOCK_KEY_BYTES,
  MOST_BLOCK_SLOTS,
  readU64,
  setSlotKey,
  setU64,
  SLOT_KEY_BYTES,
} from './key-layout.js'
import type { Block } from './packed-slots.js'
import { ARENA } from './record-arena.js'
import type { RecordCodec } from './record-codec.js'
import type { SealedRecord } from './slot-record.js'
import { STATUS } from './slot-record-header.js'

/** Bytes of a block before the ends of its values. */
const HEADER_BYTES = 39
const END_BYTES = 2

/** The longest record of a block: a longer one would get pages of its own in LMDB, and who reads one slot reads its block. */
export const MOST_BLOCK_BYTES = 2_000

/**
 * A block to be stored, sealed when its value is first asked for, as the record of a slot is: the decisions of neighbouring
 * slots that came in one group, under one ballot and without proofs. Nothing in it is ever changed.
 *
 * ```
 *  0  checksum  u32
 *  4  format    u8   1
 *  5  status    u8   0x3c a block
 *  6  slots     u8   2 to 32, as in the key
 *  7  slot      u64  the first one, as in the key
 * 15  sequence  u64  as in the record of a slot
 * 23  round     u64
 * 31  nodeId    u64
 * 39  ends      u16  for each slot: where its value ends, counted from where the first one begins
 *     values
 * ```
 */
export class BlockToWrite implements SealedRecord {
  readonly key: Uint8Array
  /** Of key and value together. */
  readonly bytes: number
  readonly #codec: RecordCodec
  readonly #decisions: readonly EffectOf<'decide'>[]
  readonly #sequence: number
  readonly #view: DataView
  readonly #keyAt: number
  #value: Uint8Array | undefined
  #checksum = 0

  /** `valueBytes`: of all values together. */
  constructor(
    codec: RecordCodec,
    decisions: readonly EffectOf<'decide'>[],
    valueBytes: number,
    sequence: number,
  ) {
    this.#codec = codec
    this.#decisions = decisions
    this.#sequence = sequence
    this.bytes = BLOCK_KEY_BYTES + blockBytes(decisions.length, valueBytes)
    this.#keyAt = ARENA.reserve(this.bytes)
    this.#view = ARENA.view
    setSlotKey(this.#view, this.#keyAt, decisions[0]!.slot)
    this.#view.setUint8(this.#keyAt + SLOT_KEY_BYTES, decisions.length)
    this.key = new Uint8Array(this.#view.buffer, this.#keyAt, BLOCK_KEY_BYTES)
  }

  get value(): Uint8Array {
    return this.#value ?? this.#seal()
  }

  get checksum(): number {
    if (this.#value === undefined) this.#seal()
    return this.#checksum
  }

  #seal(): Uint8Array {
    const decisions = this.#decisions
    const { slot, ballot } = decisions[0]!
    const view = this.#view
    const at = this.#keyAt + BLOCK_KEY_BYTES
    const record = new Uint8Array(view.buffer, at, this.bytes - BLOCK_KEY_BYTES)
    view.setUint8(at + 5, STATUS.block)
    view.setUint8(at + 6, decisions.length)
    setU64(view, at + 7, slot)
    setU64(view, at + 15, this.#sequence)
    setU64(view, at + 23, ballot.round)
    setU64(view, at + 31, ballot.nodeId)
    const valuesAt = HEADER_BYTES + END_BYTES * decisions.length
    let end = 0
    for (let index = 0; index < decisions.length; index++) {
      const { value } = decisions[index]!
      record.set(value, valuesAt + end)
      end += value.length
      view.setUint16(at + HEADER_BYTES + END_BYTES * index, end)
    }
    this.#checksum = this.#codec.sealBehind(view, this.#keyAt, at, this.#keyAt + this.bytes)
    return (this.#value = record)
  }
}

/** Bytes of the record of so many decisions. */
export const blockBytes = (slots: number, valueBytes: number): number =>
  HEADER_BYTES + END_BYTES * slots + valueBytes

/** True when these bytes, whose checksum is known to be right, are the block of this key. */
export function isBlock(record: Uint8Array, { first, slots }: Block): boolean {
  const { length } = record
  const valuesAt = HEADER_BYTES + END_BYTES * slots
  if (length < valuesAt || length > MOST_BLOCK_BYTES || record[5] !== STATUS.block) return false
  if (record[6] !== slots || readU64(record, 7) !== first) return false
  let end = 0
  for (let index = 0; index < slots; index++) {
    const next = endOf(record, 0, index)
    if (next < end) return false
    end = next
  }
  return valuesAt + end === length
}

/** The number of the group that wrote it. */
export const sequenceOf = (record: Uint8Array): number => readU64(record, 15)

/** The ballot of all decisions of the block that an array holds from `at` on. */
export const blockBallot = (bytes: Uint8Array, at: number): Ballot => ({
  round: readU64(bytes, at + 23),
  nodeId: readU64(bytes, at + 31),
})

/** Where the value of a slot begins in an array that holds its block from `at` on; `index` counts from the first slot. */
export function valueStart(bytes: Uint8Array, at: number, index: number): number {
  const valuesAt = at + HEADER_BYTES + END_BYTES * bytes[at + 6]!
  return index === 0 ? valuesAt : valuesAt + endOf(bytes, at, index - 1)
}

/** Where it ends. */
export function valueEnd(bytes: Uint8Array, at: number, index: number): number {
  return at + HEADER_BYTES + END_BYTES * bytes[at + 6]! + endOf(bytes, at, index)
}

function endOf(bytes: Uint8Array, at: number, index: number): number {
  const endAt = at + HEADER_BYTES + END_BYTES * index
  return (bytes[endAt]! << 8) | bytes[endAt + 1]!
}

/** The block that a damaged record names itself. */
export function blockNamedBy(bytes: Uint8Array): Block | undefined {
  if (bytes.length < HEADER_BYTES || bytes[5] !== STATUS.block) return undefined
  const slots = bytes[6]!
  const first: Slot = readU64(bytes, 7)
  const isOne = slots >= 2 && slots <= MOST_BLOCK_SLOTS && first + slots <= Number.MAX_SAFE_INTEGER
  return isOne ? { first, slots } : undefined
}
