import { SlotPages } from '@persistent-log/core/backend'
import type { Address } from '../regions/address.js'
import type { SlotTable } from '../regions/slot-table.js'
import type { PendingWrite, StoredEffect } from './stored-effect.js'

type EntryKind = 'accept' | 'decide' | 'relocate'

/** Slots per page. */
const PAGE_SLOTS = 256
const SLOT_MASK = PAGE_SLOTS - 1
/** So many pages that are empty again are kept to be used again. */
const KEPT_PAGES = 64
/** No version was encoded yet. */
const UNKNOWN: Address = -1

interface Page {
  readonly writes: Uint32Array
  /** Of those, the ones that wait for a flush. */
  readonly flushing: Uint32Array
  /** Where the newest encoded version is, or `UNKNOWN`. */
  readonly addresses: Float64Array
  /** Slots with writes. */
  used: number
}

/**
 * Slots with writes that are not resolved yet. What is encoded next has to build on them, not on what is shown. In pages of
 * typed arrays: every durable write comes by here, and an object per slot would cost more than to encode it.
 */
export class PendingSlots {
  readonly #pages = new SlotPages<Page>(PAGE_SLOTS)
  readonly #empty: Page[] = []

  /** Writes under way that are ordered against all slots: batches, and everything that is no entry. */
  #barriers = 0

  get barriers(): number {
    return this.#barriers
  }

  /** The write was taken over. */
  holdAll(write: PendingWrite): void {
    for (const effect of write.effects) if (isOfSlot(effect)) this.hold(write, effect.slot)
    if (isBarrier(write)) this.#barriers++
  }

  /** The write will change the slot. */
  hold(write: PendingWrite, slot: number): void {
    const page = this.#pages.get(slot) ?? this.#addPage(slot)
    const at = slot & SLOT_MASK
    if (page.writes[at] === 0) {
      page.used++
      page.addresses[at] = UNKNOWN
    }
    page.writes[at]!++
    if (write.joinsFlush) page.flushing[at]!++
    write.held.push(slot)
  }

  /** The write was encoded, and this is where the slot is going to be. The write holds the slot. */
  place(write: PendingWrite, slot: number, address: Address): void {
    const page = this.#pages.get(slot)
    if (page) page.addresses[slot & SLOT_MASK] = address
    write.changes.push(slot, address)
  }

  has(slot: number): boolean {
    return this.#pages.size > 0 && (this.#pages.get(slot)?.writes[slot & SLOT_MASK] ?? 0) > 0
  }

  isFlushing(slot: number): boolean {
    return (this.#pages.get(slot)?.flushing[slot & SLOT_MASK] ?? 0) > 0
  }

  addressOf(slot: number): Address | undefined {
    if (!this.has(slot)) return undefined
    const address = this.#pages.get(slot)?.addresses[slot & SLOT_MASK]
    return address === UNKNOWN ? undefined : address
  }

  /** Slots of `from <= slot < to`, in no order; they may change while they are walked. */
  *slotsIn(from: number, to: number): Generator<number> {
    for (const [first, page] of [...this.#pages]) {
      const end = Math.min(to - first, PAGE_SLOTS)
      for (let at = Math.max(from - first, 0); at < end; at++) if (page.writes[at]! > 0) yield first + at
    }
  }

  /** The write is resolved. */
  release(write: PendingWrite): void {
    if (isBarrier(write)) this.#barriers--
    for (const slot of write.held) {
      const page = this.#pages.get(slot)
      if (!page) continue
      const at = slot & SLOT_MASK
      page.writes[at]!--
      if (write.joinsFlush) page.flushing[at]!--
      if (page.writes[at] === 0 && --page.used === 0) this.#dropPage(slot, page)
    }
  }

  #addPage(slot: number): Page {
    const page = this.#empty.pop() ?? {
      writes: new Uint32Array(PAGE_SLOTS),
      flushing: new Uint32Array(PAGE_SLOTS),
      addresses: new Float64Array(PAGE_SLOTS),
      used: 0,
    }
    return this.#pages.add(slot, page)
  }

  #dropPage(slot: number, page: Page): void {
    this.#pages.delete(slot)
    if (this.#empty.length < KEPT_PAGES) this.#empty.push(page)
  }
}

const isOfSlot = (effect: StoredEffect): effect is Extract<StoredEffect, { slot: number; kind: EntryKind }> =>
  effect.kind === 'accept' || effect.kind === 'decide' || effect.kind === 'relocate'

/** What is evicted is where it was, only its place changes: nothing is ordered against that. */
const isBarrier = ({ effects }: PendingWrite): boolean =>
  effects.length > 1 || !effects.every((effect) => effect.kind === 'evict' || isSingle(effect))

/** Ordered against its own slot alone, as each of the commits that share a flush is. */
const isSingle = (effect: StoredEffect): boolean =>
  effect.kind === 'commit-held' ? !effect.isBatch : isOfSlot(effect)

/** From here on the write is what reads see: it survives what it asked. */
export function resolveWrite(write: PendingWrite, table: SlotTable, pending: PendingSlots): void {
  table.setAll(write.changes)
  if (write.point !== undefined) table.dropBelow(write.point)
  pending.release(write)
}
