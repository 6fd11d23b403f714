import type { Damage } from '../../contract/reports.js'
import type { Slot } from '../../contract/slot.js'
import { entryBytes } from '../engine/entry-bytes.js'
import { SlotRanges } from '../engine/slot-ranges.js'
import { blockNamedBy, isBlock, sequenceOf } from './block-record.js'
import { blockKey, shownKey, slotKey } from './key-layout.js'
import type { Meta } from './meta-record.js'
import type { StorePair } from './ordered-store.js'
import type { Block } from './packed-slots.js'
import { asBuffer, checksumOf, type RecordCodec } from './record-codec.js'
import { decodeSlotRecord, slotNamedBy } from './slot-record.js'
import type { StoreState } from './store-state.js'

/** A record of slots at or above the point that nobody can read: what that means shows when all others are known. */
interface UnreadableRecord {
  readonly key: Uint8Array
  readonly of: Block
  readonly isBlock: boolean
  readonly named: Block | undefined
}

/** What a walk over a store finds of slots, in records of their own and in blocks; each is verified by itself. */
export class SlotScan {
  readonly #codec: RecordCodec
  readonly #state: StoreState
  readonly #meta: Meta | undefined
  readonly #unreadable: UnreadableRecord[] = []
  /** Slots that unreadable records alone hold. */
  readonly unreadable = new SlotRanges()
  /** Slots that unreadable records under other keys claim to belong to. */
  readonly misplaced: Slot[] = []
  /** Slots whose records are below the point: a crash left them between a compaction and its clean-up. */
  readonly belowPoint = new SlotRanges()
  /** The same of blocks. */
  hasBlocksBelowPoint = false
  newestSequence = 0
  /** Keys of records that are of no use; a salvage deletes them. */
  readonly useless: Uint8Array[] = []
  /** Those among them that no owner would have left. */
  readonly damaged: Damage[] = []

  /** `meta`: where it is readable. */
  constructor(codec: RecordCodec, state: StoreState, meta: Meta | undefined) {
    this.#codec = codec
    this.#state = state
    this.#meta = meta
  }

  /** False when it is not what its key says. */
  takeSlot(slot: Slot, value: Uint8Array): boolean {
    const { ledger, accepted } = this.#state
    if (slot < ledger.point) {
      if (slotNamedBy(value) !== slot) return false
      this.belowPoint.add(slot, slot + 1)
      return true
    }
    const record = decodeSlotRecord(this.#codec, slot, value)
    // A slot that a block decides has nothing undecided beside it: a proposal is back from before.
    if (!record || (!record.decided && ledger.decided.has(slot))) return false
    this.newestSequence = Math.max(this.newestSequence, record.sequence)
    if (record.decided) {
      ledger.addDecided(slot)
      this.#giveOwnRecord(slot)
    } else {
      ledger.addAccepted(slot, record.ballot, entryBytes(record))
      accepted.set(slot, checksumOf(asBuffer(value)))
    }
    return true
  }

  /** False when it is not what its key says, reaches behind the end of the log, or overlaps another block. */
  takeBlock(block: Block, { key, value }: StorePair): boolean {
    const { ledger, accepted, packed } = this.#state
    const { first } = block
    const end = first + block.slots
    if (end <= ledger.point) {
      const named = blockNamedBy(value)
      if (named?.first !== first || named.slots !== block.slots) return false
      this.hasBlocksBelowPoint = true
      return true
    }
    if (!this.#codec.isIntact(key, value) || !isBlock(value, block)) return false
    const sequence = sequenceOf(value)
    if (this.#meta && sequence <= this.#meta.sequence && end > this.#meta.nextSlot) return false
    const own: Slot[] = []
    for (let slot = first; slot < end; slot++) {
      if (!ledger.decided.has(slot)) continue
      if (packed.around(slot)) return false
      own.push(slot)
    }
    this.newestSequence = Math.max(this.newestSequence, sequence)
    if (accepted.has(first)) {
      accepted.delete(first)
      this.#drop(slotKey(first), `an old record of slot ${first}, which is decided`)
    }
    ledger.addDecidedRange({ from: Math.max(first, ledger.point), to: end })
    packed.add(block)
    for (const slot of own) this.#giveOwnRecord(slot)
    return true
  }

  /** Notes a record that is not what its key says, which is that of this block, or of a slot alone. */
  noteUnreadable(key: Uint8Array, of: Block, isBlock: boolean, named: Block | undefined): void {
    const { point } = this.#state.ledger
    const isBelow = of.first + of.slots <= point
    if (!isBelow) this.#unreadable.push({ key, of, isBlock, named })
    else if (isBlock) this.hasBlocksBelowPoint = true
    else this.belowPoint.add(of.first, of.first + 1)
  }

  /**
   * When all else is known: what nothing else holds is damaged. An unreadable block goes, since a salvage notes its slots;
   * and so does what lies beside something readable.
   */
  settle(): void {
    const { ledger } = this.#state
    for (const { key, of, isBlock, named } of this.#unreadable) {
      let isMissing = false
      for (let slot = Math.max(of.first, ledger.point); slot < of.first + of.slots; slot++) {
        if (ledger.status(slot) !== 'empty') continue
        this.unreadable.add(slot, slot + 1)
        isMissing = true
      }
      // A crash may leave a block that a repair and a compaction have made useless together.
      const isLeft = isBlock && of.first < ledger.point
      if (isMissing ? isBlock : isLeft) this.useless.push(key)
      else if (!isMissing) this.#drop(key, `an unreadable record of what others hold, ${shownKey(key)}`)
      if (!named || named.first === of.first) continue
      for (let slot = named.first; slot < named.first + named.slots; slot++) this.misplaced.push(slot)
    }
  }

  #giveOwnRecord(slot: Slot): void {
    const { packed, ledger } = this.#state
    const useless = packed.giveOwnRecord(slot, ledger.point)
    if (useless) this.useless.push(blockKey(useless.first, useless.slots))
  }

  #drop(key: Uint8Array, reason: string): void {
    this.useless.push(key)
    this.damaged.push({ reason })
  }
}

/** The slots that a damaged record names itself: not its key's when it was the key that went bad. */
export function slotsNamedBy(value: Uint8Array): Block | undefined {
  const block = blockNamedBy(value)
  if (block) return block
  const slot = slotNamedBy(value)
  return slot === undefined ? undefined : { first: slot, slots: 1 }
}
