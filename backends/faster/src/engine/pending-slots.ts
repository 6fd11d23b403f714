import type { Address } from '../regions/address.js'
import type { SlotTable } from '../regions/slot-table.js'
import type { PendingWrite, StoredEffect } from './stored-effect.js'

type EntryKind = 'accept' | 'decide' | 'relocate'

interface PendingSlot {
  writes: number
  /** Of those, the ones that wait for a flush. */
  flushing: number
  /** Where the newest encoded version is; `undefined` until one was encoded. */
  address: Address | undefined
}

/** Slots with writes that are not resolved yet. What is encoded next has to build on them, not on what is shown. */
export class PendingSlots {
  readonly #slots = new Map<number, PendingSlot>()

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
    let pending = this.#slots.get(slot)
    if (!pending) this.#slots.set(slot, (pending = { writes: 0, flushing: 0, address: undefined }))
    pending.writes++
    if (write.joinsFlush) pending.flushing++
    write.held.push(slot)
  }

  /** The write was encoded, and this is where the slot is going to be. The write holds the slot. */
  place(write: PendingWrite, slot: number, address: Address): void {
    const pending = this.#slots.get(slot)
    if (pending) pending.address = address
    write.changes.push({ slot, address })
  }

  has(slot: number): boolean {
    return this.#slots.size > 0 && this.#slots.has(slot)
  }

  isFlushing(slot: number): boolean {
    return (this.#slots.get(slot)?.flushing ?? 0) > 0
  }

  addressOf(slot: number): Address | undefined {
    return this.#slots.size > 0 ? this.#slots.get(slot)?.address : undefined
  }

  /** Slots of `from <= slot < to`, in no order. */
  *slotsIn(from: number, to: number): Generator<number> {
    for (const slot of [...this.#slots.keys()]) if (slot >= from && slot < to) yield slot
  }

  /** The write is resolved. */
  release(write: PendingWrite): void {
    if (isBarrier(write)) this.#barriers--
    for (const slot of write.held) {
      const pending = this.#slots.get(slot)
      if (!pending) continue
      pending.writes--
      if (write.joinsFlush) pending.flushing--
      if (pending.writes === 0) this.#slots.delete(slot)
    }
  }
}

const isOfSlot = (effect: StoredEffect): effect is Extract<StoredEffect, { slot: number; kind: EntryKind }> =>
  effect.kind === 'accept' || effect.kind === 'decide' || effect.kind === 'relocate'

/**
 * What is evicted is where it was, only its place changes: nothing is ordered against that. Commits of held slots are
 * single ones, each ordered against its own slot.
 */
const isBarrier = ({ effects }: PendingWrite): boolean =>
  effects.length > 1 ||
  !effects.every((effect) => effect.kind === 'evict' || effect.kind === 'commit-held' || isOfSlot(effect))

/** From here on the write is what reads see: it survives what it asked. */
export function resolveWrite(write: PendingWrite, table: SlotTable, pending: PendingSlots): void {
  table.setAll(write.changes)
  if (write.point !== undefined) table.dropBelow(write.point)
  pending.release(write)
}
