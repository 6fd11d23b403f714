import type { Damage } from '../../contract/reports.js'
import type { Slot } from '../../contract/slot.js'
import { Ledger } from '../engine/ledger.js'
import { SlotRanges } from '../engine/slot-ranges.js'
import { parseKey, rangeOfKind, shownKey, WHOLE_STORE, type ParsedKey } from './key-layout.js'
import { decodeMeta, type Meta } from './meta-record.js'
import type { OrderedStore, StoreOperation, StorePair } from './ordered-store.js'
import type { Block } from './packed-slots.js'
import { asBuffer, checksumOf, type RecordCodec } from './record-codec.js'
import { decodeCheckpoint, decodeConfiguration, decodeDamage } from './side-records.js'
import { SlotScan, slotsNamedBy } from './slot-scan.js'
import { pagesOf, readValue } from './store-paging.js'
import { StoreState } from './store-state.js'
import { bringHome, strayOf, type StrayRecord } from './stray-records.js'

/**
 * One walk over all records but the blobs' chunks. It verifies each record by itself and collects what it finds; whether
 * that is complete is judged afterwards.
 */
export class StoreScan {
  readonly #store: OrderedStore
  readonly #codec: RecordCodec
  readonly #strays: StrayRecord[] = []
  /** Absent: there is none. `'damaged'`: its checksum is wrong. */
  readonly meta: Meta | 'damaged' | undefined
  /** Holds what was readable; its own counters are not set. */
  readonly state: StoreState
  readonly slots: SlotScan
  /** Records that a salvage deletes; filled by who judges. */
  readonly dropped = new SlotRanges()
  readonly unreadableDamageNotes: Slot[] = []
  /** Keys that nobody wrote, or wrote with what lies there; a salvage deletes them. */
  readonly unknownKeys: Uint8Array[] = []
  /** What a salvage does with records under wrong keys. */
  readonly strayOperations: StoreOperation[] = []
  /** Faults of records that belong to no slot. */
  readonly damaged: Damage[] = []
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
    this.slots = new SlotScan(codec, this.state, typeof meta === 'object' ? meta : undefined)
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
    scan.#takeStrays()
    scan.#settle()
    return scan
  }

  async #walk(range: { readonly from: Uint8Array; readonly to: Uint8Array }): Promise<void> {
    for await (const page of pagesOf(this.#store, range)) {
      this.isEmpty = false
      for (const pair of page) {
        const key = parseKey(pair.key)
        if (this.#take(key, pair)) continue
        const stray = strayOf(this.#codec, pair)
        if (stray) this.#strays.push(stray)
        else this.#noteUnreadable(key, pair.key, slotsNamedBy(pair.value))
      }
    }
  }

  /** False when it is not what its key says. */
  #take(key: ParsedKey, pair: StorePair): boolean {
    const { state } = this
    const { value } = pair
    switch (key.kind) {
      case 'meta':
      case 'blob':
        return true
      case 'slot':
        return this.slots.takeSlot(key.slot, value)
      case 'block':
        return this.slots.takeBlock({ first: key.slot, slots: key.slots }, pair)
      case 'configuration': {
        const record = decodeConfiguration(this.#codec, key.name, value)
        if (!record) return false
        state.ledger.configurations.set(key.name, record)
        state.configurations.set(key.name, checksumOf(asBuffer(value)))
        return true
      }
      case 'checkpoint': {
        const checkpoint = decodeCheckpoint(this.#codec, key.blob, value)
        if (!checkpoint) return false
        state.ledger.addCheckpoint(checkpoint)
        state.checkpoints.set(key.blob, checksumOf(asBuffer(value)))
        return true
      }
      case 'damage': {
        const range = decodeDamage(this.#codec, key.slot, value)
        if (!range) return false
        state.damageNotes.set(range.from, range.to)
        state.damage.set(key.slot, checksumOf(asBuffer(value)))
        return true
      }
      case 'unknown':
        return false
    }
  }

  #noteUnreadable(key: ParsedKey, keyBytes: Uint8Array, named: Block | undefined): void {
    switch (key.kind) {
      case 'slot':
        return this.slots.noteUnreadable(keyBytes, { first: key.slot, slots: 1 }, false, named)
      case 'block':
        return this.slots.noteUnreadable(keyBytes, { first: key.slot, slots: key.slots }, true, named)
      case 'configuration':
        this.state.unreadableConfigurations.push(keyBytes)
        this.damaged.push({ reason: `configuration ${JSON.stringify(key.name)} fails its checksum` })
        return
      case 'checkpoint':
        this.state.unreadableCheckpoints.push(key.blob)
        this.damaged.push({ reason: `the header of the checkpoint in blob ${key.blob} fails its checksum` })
        return
      case 'damage':
        this.unreadableDamageNotes.push(key.slot)
        this.damaged.push({ reason: 'a note of damaged slots fails its checksum' })
        return
      case 'unknown':
        this.unknownKeys.push(keyBytes)
        this.damaged.push({ reason: `an unknown key, ${shownKey(keyBytes)}` })
        return
      case 'meta':
      case 'blob':
        return
    }
  }

  /** What can be said when every record was looked at. */
  #settle(): void {
    this.slots.settle()
    for (const key of this.slots.useless) this.unknownKeys.push(key)
    for (const damage of this.slots.damaged) this.damaged.push(damage)
  }

  #takeStrays(): void {
    const { damaged, strayOperations } = this
    for (const { key, home } of this.#strays)
      damaged.push({ reason: `the record of key ${shownKey(home)} lies under the key ${shownKey(key)}` })
    const proposals = this.#strays.filter(({ proposal }) => proposal !== undefined)
    const others = this.#strays.filter(({ proposal }) => proposal === undefined)
    const host = {
      read: (key: Uint8Array) => readValue(this.#store, key),
      isHeld: (home: ParsedKey) => this.#isHeld(home),
      take: (home: ParsedKey, pair: StorePair) => this.#take(home, pair),
    }
    strayOperations.push(...bringHome(others, host))
    const missing = proposals.filter(({ home }) => !this.#isHeld(parseKey(home)))
    if (this.#areMissing(missing)) strayOperations.push(...bringHome(proposals, host))
    else for (const stray of proposals) this.#putAside(stray)
  }

  /** A proposal that nobody can vouch for. The slot in its key is none that was ever written, so that it is not damaged. */
  #putAside({ key, slot }: StrayRecord): void {
    const isMetaThere = typeof this.meta === 'object'
    const named = slot === undefined ? undefined : { first: slot, slots: 1 }
    if (isMetaThere && !this.#areMissing([])) return this.#noteUnreadable(parseKey(key), key, named)
    this.unknownKeys.push(key)
    if (!isMetaThere && slot !== undefined && slot >= this.state.ledger.point)
      this.slots.unreadable.add(slot, slot + 1)
  }

  /** Just these proposals are missing, in these versions. */
  #areMissing(proposals: readonly StrayRecord[]): boolean {
    if (typeof this.meta !== 'object') return false
    const { count, digest } = this.state.accepted.tally
    const together = proposals.reduce((sum, { proposal = 0 }) => (sum ^ proposal) >>> 0, digest)
    const { accepted } = this.meta
    return count + proposals.length === accepted.count && together === accepted.digest
  }

  #isHeld(home: ParsedKey): boolean {
    const { ledger } = this.state
    if (home.kind === 'configuration') return ledger.configurations.has(home.name)
    return home.kind === 'slot' && (home.slot < ledger.point || ledger.status(home.slot) !== 'empty')
  }
}
