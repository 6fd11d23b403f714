import type { EffectOf } from '@persistent-log/core/backend'
import { placeOf, regionAddress } from '../regions/address.js'
import { MutableRegion } from '../regions/mutable-region.js'
import type { SlotTable } from '../regions/slot-table.js'
import { RECORD, recordBytes, type StoredRecord } from '../segments/record.js'
import type { SegmentFiles } from '../segments/segment-files.js'
import type { StoredEffect } from './stored-effect.js'

/** Larger entries go to the tail, in bytes: the region is for many small ones. */
const MAX_ENTRY_BYTES = 1024 * 1024
/** So many bytes of entries move to the tail in one write. */
const MOVE_BYTES = 1024 * 1024

/**
 * Accepts that are acknowledged at process-crash. Before the first one since all were last moved to the tail, the tail
 * says durably that there may be some: so a restart of the machine knows that votes may be lost.
 */
export class WeakAccepts {
  readonly #files: SegmentFiles
  readonly #capacity: number
  readonly #table: SlotTable
  #region: MutableRegion | undefined
  #isAnnounced = false
  #announcing: Promise<void> | undefined

  constructor(files: SegmentFiles, capacity: number, table: SlotTable) {
    this.#files = files
    this.#capacity = capacity
    this.#table = table
  }

  /** True when the tail says durably that accepts may be acknowledged below power-loss. */
  get isAnnounced(): boolean {
    return this.#isAnnounced
  }

  /** Has the announcement written, once; until it is durable, accepts go with the flush. */
  announce(write: (effect: StoredEffect) => Promise<void>): void {
    if (this.#isAnnounced || this.#announcing) return
    this.#announcing = this.#announce(write)
    // A failed write poisons the log by itself, and every accept that rode on the same flush tells.
    this.#announcing.catch(() => undefined)
  }

  /** Stores an accept behind everything below `after` in the tail; false when there is no room for it. */
  store(effect: EffectOf<'accept'>, after: number): boolean {
    const { slot, ballot, value, proof } = effect
    if (!this.#region || recordBytes(value.byteLength, proof?.byteLength ?? 0) > MAX_ENTRY_BYTES) return false
    const fields = {
      kind: RECORD.accept,
      a: slot,
      b: ballot.round,
      c: ballot.nodeId,
      link: after,
      value,
      proof,
    }
    const offset = this.#region.store(fields)
    if (offset === undefined) return false
    this.#table.set(slot, regionAddress(offset))
    return true
  }

  readonly read = (offset: number): StoredRecord | undefined => this.#region?.read(offset)

  readonly free = (offset: number): void => this.#region?.free(offset)

  /** The effects that move every entry to the tail, in batches; the last one says that there are no more. */
  moveAll(): StoredEffect[][] {
    const batches: StoredEffect[][] = []
    let batch: StoredEffect[] = []
    let bytes = 0
    for (const slot of this.#table.regionSlots) {
      const record = this.read(placeOf(this.#table.get(slot)))
      batch.push({ kind: 'relocate', slot, from: 'region' })
      bytes += record?.bytes ?? 0
      if (bytes < MOVE_BYTES) continue
      batches.push(batch)
      batch = []
      bytes = 0
    }
    batch.push({ kind: 'weak-end' })
    batches.push(batch)
    this.#isAnnounced = false
    return batches
  }

  /** Resolves when no announcement is under way. */
  async settle(): Promise<void> {
    await this.#announcing?.catch(() => undefined)
  }

  async close(): Promise<void> {
    await this.#region?.close()
    this.#region = undefined
  }

  async #announce(write: (effect: StoredEffect) => Promise<void>): Promise<void> {
    try {
      this.#region ??= await MutableRegion.create(this.#files, this.#capacity)
      await write({ kind: 'weak-begin' })
      this.#isAnnounced = true
    } finally {
      this.#announcing = undefined
    }
  }
}
