import type { Slot } from '../../contract/slot.js'
import type { Write } from './outstanding-write.js'

/** Decisions that become durable with one flush of the engine, and are shown together. */
export interface SharedFlush {
  readonly flushed: Promise<void>
  /** What later writes of these slots, or of the whole log, are ordered against. */
  readonly write: Write
  readonly slots: Slot[]
  /** Of every call that shares it. */
  readonly shown: Promise<void>
}

/** The slots that wait for a shared flush: one promise and one write for all of it, and nothing but a number per slot. */
export class SharedFlushes {
  readonly #bySlot = new Map<Slot, SharedFlush>()
  #newest: SharedFlush | undefined

  has(slot: Slot): boolean {
    return this.#bySlot.size > 0 && this.#bySlot.has(slot)
  }

  /** What the decision of a slot under way is a part of. */
  writeOf(slot: Slot): Write | undefined {
    return this.#bySlot.get(slot)?.write
  }

  /** The slot shares this flush; `begin` is asked for the first one. Resolves when all of them are shown. */
  add(slot: Slot, flushed: Promise<void>, begin: () => SharedFlush): Promise<void> {
    if (this.#newest?.flushed !== flushed) this.#newest = begin()
    const { slots, shown } = this.#newest
    slots.push(slot)
    this.#bySlot.set(slot, this.#newest)
    return shown
  }

  /** All of these are shown. */
  end(slots: readonly Slot[]): void {
    for (const slot of slots) this.#bySlot.delete(slot)
  }
}
