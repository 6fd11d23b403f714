import type { Damage } from '../../contract/reports.js'
import type { Slot } from '../../contract/slot.js'
import { entryBytes } from '../engine/entry-bytes.js'
import { Ledger } from '../engine/ledger.js'
import { SlotRanges } from '../engine/slot-ranges.js'
import { parseKey, rangeOfKind, WHOLE_STORE, type ParsedKey } from './key-layout.js'
import { decodeMeta, type Meta } from './meta-record.js'
import type { OrderedStore, StorePair } from './ordered-store.js'
import { asBuffer, checksumOf, type RecordCodec } from './record-codec.js'
import { decodeCheckpoint, decodeConfiguration, decodeDamage } from './side-records.js'
import { decodeSlotRecord, slotNamedBy } from './slot-record.js'
import { pagesOf } from './store-paging.js'
import { StoreState } from './store-state.js'

/**
 * One walk over all records but the blobs' chunks. It verifies each record by itself and collects what it finds; whether
 * that is complete is judged afterwards.
 */
export class StoreScan {
  readonly #store: OrderedStore
  readonly #codec: RecordCodec
  /** Absent: there is none. `'damaged'`: its checksum is wrong. */
  readonly meta: Meta | 'damaged' | undefined
  /** Holds what was readable; its own counters are not set. */
  readonly state: StoreState
  readonly unreadable = new SlotRanges()
  readonly misplaced: Slot[] = []
  /** Records that a salvage deletes; filled by who judges. */
  readonly dropped = new SlotRanges()
  /** Slot records below the point: a crash left them between a compaction and its clean-up. */
  readonly belowPoint = new SlotRanges()
  readonly unreadableDamageNotes: Slot[] = []
  /** Faults of records that belong to no slot. */
  readonly damaged: Damage[] = []
  newestSequence = 0
  isEmpty = true

  private constructor(
    store: OrderedStore,
    codec: RecordCodec,
    meta: Meta | 'damaged' | undefined,
    point: Slot,
  ) {
    this.#store = store
    this.#codec = codec
    this.meta = meta
    this.isEmpty = meta === undefined
    this.state = new StoreState(new Ledger(point))
  }

  /** Reads everything; memory is bounded by a page and by what a ledger needs. */
  static async over(
    store: OrderedStore,
    codec: RecordCodec,
    metaBytes: Uint8Array | undefined,
    firstSlot: Slot,
  ) {
    const meta = metaBytes && (decodeMeta(codec, metaBytes) ?? 'damaged')
    const scan = new StoreScan(store, codec, meta, typeof meta === 'object' ? meta.point : firstSlot)
    const blobs = rangeOfKind('blob')
    await scan.#walk({ from: WHOLE_STORE.from, to: blobs.from })
    await scan.#walk({ from: blobs.to, to: WHOLE_STORE.to })
    return scan
  }

  async #walk(range: { readonly from: Uint8Array; readonly to: Uint8Array }): Promise<void> {
    for await (const page of pagesOf(this.#store, range)) {
      this.isEmpty = false
      for (const pair of page) this.#take(parseKey(pair.key), pair)
    }
  }

  #take(key: ParsedKey, { key: keyBytes, value }: StorePair): void {
    switch (key.kind) {
      case 'meta':
      case 'blob':
        return
      case 'slot':
        return this.#takeSlot(key.slot, value)
      case 'configuration': {
        const record = decodeConfiguration(this.#codec, key.name, value)
        if (!record) {
          this.damaged.push({ reason: `configuration ${JSON.stringify(key.name)} fails its checksum` })
          return
        }
        this.state.ledger.configurations.set(key.name, record)
        this.state.configurations.set(key.name, checksumOf(asBuffer(value)))
        return
      }
      case 'checkpoint': {
        const checkpoint = decodeCheckpoint(this.#codec, key.blob, value)
        if (!checkpoint) {
          this.state.unreadableCheckpoints.push(key.blob)
          this.damaged.push({ reason: `the header of the checkpoint in blob ${key.blob} fails its checksum` })
          return
        }
        this.state.ledger.addCheckpoint(checkpoint)
        this.state.checkpoints.set(key.blob, checksumOf(asBuffer(value)))
        return
      }
      case 'damage': {
        const range = decodeDamage(this.#codec, key.slot, value)
        if (!range) {
          this.unreadableDamageNotes.push(key.slot)
          return
        }
        this.state.damageNotes.set(range.from, range.to)
        this.state.damage.set(key.slot, checksumOf(asBuffer(value)))
        return
      }
      case 'unknown':
        this.damaged.push({
          reason: `an unknown key, ${asBuffer(keyBytes).toString('hex', 0, MOST_KEY_BYTES_SHOWN)}`,
        })
    }
  }

  #takeSlot(slot: Slot, value: Uint8Array): void {
    const { ledger, accepted } = this.state
    if (slot < ledger.point) {
      this.belowPoint.add(slot, slot + 1)
      return
    }
    const record = decodeSlotRecord(this.#codec, slot, value)
    if (!record) {
      this.unreadable.add(slot, slot + 1)
      const named = slotNamedBy(value)
      if (named !== undefined && named !== slot) this.misplaced.push(named)
      return
    }
    this.newestSequence = Math.max(this.newestSequence, record.sequence)
    if (record.decided) {
      ledger.addDecided(slot)
    } else {
      ledger.addAccepted(slot, record.ballot, entryBytes(record))
      accepted.set(slot, checksumOf(asBuffer(value)))
    }
  }
}

/** A key that is not ours may be long. */
const MOST_KEY_BYTES_SHOWN = 40
