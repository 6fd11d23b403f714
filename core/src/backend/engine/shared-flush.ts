import type { Slot } from '../../contract/slot.js'
import type { Write } from './outstanding-writes.js'

/** Decisions that become durable with one flush of the engine, and are shown together. */
export interface SharedFlush {
  readonly flushed: Promise<void>
  /** What later writes of these slots, or of the whole log, are ordered against. */
  readonly write: Write
  readonly slots: Slot[]
  /** Of every call that shares it. */
  readonly shown: Promise<void>
}

/** The flushes that decisions wait for: one promise and one write for all of one, and nothing but a number per slot. */
export class SharedFlushes {
  readonly #underWay = new Set<SharedFlush>()
  #newest: SharedFlush | undefined

  /** How many are under way: at most the one in flight and the one that gathers. */
  get count(): number {
    return this.#underWay.size
  }

  /** What the decision of a slot under way is a part of. Few ask, so that no slot knows its flush. */
  writeOf(slot: Slot): Write | undefined {
    for (const { slots, write } of this.#underWay) if (slots.includes(slot)) return write
    return undefined
  }

  /** The one that this promise is of, unless it is new. */
  of(flushed: Promise<void>): SharedFlush | undefined {
    return this.#newest?.flushed === flushed ? this.#newest : undefined
  }

  /** It is under way from here on, and the newest. */
  begin(flush: SharedFlush): SharedFlush {
    this.#newest = flush
    this.#underWay.add(flush)
    return flush
  }

  /** All of its slots are shown. */
  end(flush: SharedFlush): void {
    this.#underWay.delete(flush)
  }
}
