import type { Slot } from '../../contract/slot.js'
import { copyBytes } from '../bytes.js'
import { isLending } from '../engine/lent-view.js'
import type { StoredEntry } from '../engine/log-engine.js'
import { BlockCache } from './block-cache.js'
import { isBlock, valueEnd, valueStart } from './block-record.js'
import { engineFailure } from './engine-failure.js'
import { blockKey, slotKey, turnBlockKey, turnSlotKey } from './key-layout.js'
import type { OrderedStore } from './ordered-store.js'
import type { PackedSlots } from './packed-slots.js'
import type { RecordCodec } from './record-codec.js'
import { fieldsOf, isDecided, valueBytesOf, valueOf } from './slot-record.js'
import { VerifiedDecisions } from './verified-decisions.js'

/** Reads what slots hold, from their own records and from blocks; verifies what was not verified since the log was opened. */
export class SlotReader {
  readonly #store: OrderedStore
  readonly #codec: RecordCodec
  readonly #packed: PackedSlots
  readonly #cache = new BlockCache()
  /** The keys of the read that is under way: reads are synchronous, so that one of each kind is enough. */
  readonly #key = slotKey(0)
  readonly #blockKey = blockKey(0, 0)
  readonly #verified = new VerifiedDecisions()
  /** By the first slot of each block. */
  readonly #verifiedBlocks = new VerifiedDecisions()
  #lentOf: Uint8Array | undefined
  #lent: Uint8Array = new Uint8Array()
  /** The bytes of a block's value that is lent: whoever writes to them changes no block. */
  #lentFromBlock: Uint8Array = new Uint8Array()

  constructor(store: OrderedStore, codec: RecordCodec, packed: PackedSlots) {
    this.#store = store
    this.#codec = codec
    this.#packed = packed
  }

  /** A copy. */
  read(slot: Slot): StoredEntry | 'damaged' {
    const first = this.#packed.firstOf(slot)
    // Copying the value alone is less than copying the record and looking at a part of it.
    const isBorrowed = first !== undefined || this.#store.borrow !== undefined
    const entry = first === undefined ? this.#own(slot, isBorrowed) : this.#inBlock(slot, first)
    if (entry === 'damaged' || !isBorrowed) return entry
    const { ballot, value, proof } = entry
    return { ballot, value: copyBytes(value), proof: proof && copyBytes(proof) }
  }

  /** A view, for who looks at it before the next call: never for a user, who might write to it. */
  borrow(slot: Slot): StoredEntry | 'damaged' {
    const first = this.#packed.firstOf(slot)
    return first === undefined ? this.#own(slot, true) : this.#inBlock(slot, first)
  }

  /** The view that was lent last serves again where a store lends one array each time, for one view costs a checksum. */
  borrowValue(slot: Slot): Uint8Array | 'damaged' {
    const first = this.#packed.firstOf(slot)
    if (first !== undefined) return this.#lendFromBlock(slot, first)
    const record = this.#sound(slot, true)
    if (record === undefined) return 'damaged'
    const bytes = valueBytesOf(record)
    if (record === this.#lentOf && bytes === this.#lent.length) return this.#lent
    const value = valueOf(record)
    if (value === undefined) return 'damaged'
    this.#lentOf = record
    this.#lent = value
    return value
  }

  /** The next read of this slot verifies it once more. */
  distrust(slot: Slot): void {
    this.#verified.delete(slot)
    const first = this.#packed.firstOf(slot)
    if (first === undefined) return
    this.#verifiedBlocks.delete(first)
    this.#cache.delete(first)
  }

  #own(slot: Slot, isBorrowed: boolean): StoredEntry | 'damaged' {
    const record = this.#sound(slot, isBorrowed)
    return (record && fieldsOf(slot, record)) ?? 'damaged'
  }

  /** The record of a slot, unless it is missing or damaged. */
  #sound(slot: Slot, isBorrowed: boolean): Uint8Array | undefined {
    const key = turnSlotKey(this.#key, slot)
    const record = this.#get(slot, key, isBorrowed)
    if (record === undefined || this.#verified.has(slot)) return record
    return this.#verify(slot, key, record)
  }

  #verify(slot: Slot, key: Uint8Array, record: Uint8Array): Uint8Array | undefined {
    if (!this.#codec.isIntact(key, record)) return undefined
    if (isDecided(record)) this.#verified.add(slot)
    return record
  }

  #get(slot: Slot, key: Uint8Array, isBorrowed: boolean): Uint8Array | undefined {
    try {
      return isBorrowed ? this.#store.borrow!(key) : this.#store.get(key)
    } catch (cause) {
      throw engineFailure('read', cause, { slot })
    }
  }

  #inBlock(slot: Slot, first: Slot): StoredEntry | 'damaged' {
    const at = this.#blockAt(first)
    if (at < 0) return 'damaged'
    const { bytes } = this.#cache
    const index = slot - first
    const value = bytes.subarray(valueStart(bytes, at, index), valueEnd(bytes, at, index))
    return { ballot: this.#cache.ballotAt(at), value, proof: undefined }
  }

  #lendFromBlock(slot: Slot, first: Slot): Uint8Array | 'damaged' {
    const at = this.#blockAt(first)
    if (at < 0) return 'damaged'
    const { bytes } = this.#cache
    const index = slot - first
    const start = valueStart(bytes, at, index)
    const length = valueEnd(bytes, at, index) - start
    // What is lent already stays as it is.
    const isNested = isLending()
    if (isNested || this.#lentFromBlock.length !== length) {
      const lent = bytes.slice(start, start + length)
      if (!isNested) this.#lentFromBlock = lent
      return lent
    }
    this.#lentFromBlock.set(bytes.subarray(start, start + length))
    return this.#lentFromBlock
  }

  /** Where a block stands in the cache; -1 when it is missing or damaged. */
  #blockAt(first: Slot): number {
    const at = this.#cache.find(first)
    return at >= 0 ? at : this.#fetch(first)
  }

  #fetch(first: Slot): number {
    const block = this.#packed.from(first)
    const key = turnBlockKey(this.#blockKey, first, block.slots)
    const record = this.#get(first, key, this.#store.borrow !== undefined)
    // Each time, for what has another length now would not fit its room.
    if (record === undefined || !isBlock(record, block)) return -1
    if (!this.#verifiedBlocks.has(first)) {
      if (!this.#codec.isIntact(key, record)) return -1
      this.#verifiedBlocks.add(first)
    }
    return this.#cache.put(first, record)
  }
}
