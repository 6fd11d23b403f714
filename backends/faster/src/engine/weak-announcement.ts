import { newWrite, type PendingWrite, type StoredEffect } from './stored-effect.js'

/** What an announcement works on. */
export interface WeakAnnouncementParts {
  /** Makes what it announces possible. */
  readonly prepare: () => Promise<void>
  /** Takes a write over; resolves when it survives what it joins. */
  readonly write: (write: PendingWrite) => Promise<void>
}

/**
 * The durable word in the tail that there may be accepts below power-loss: so a restart of the machine knows that votes may
 * be lost. It stands before the first of them.
 */
export class WeakAnnouncement {
  readonly #parts: WeakAnnouncementParts
  #isDurable = false
  #underWay: Promise<void> | undefined
  /** How often it was made: what ends one announcement must not end a later one. */
  #times = 0

  constructor(parts: WeakAnnouncementParts) {
    this.#parts = parts
  }

  /** True when such accepts may be acknowledged. */
  get isDurable(): boolean {
    return this.#isDurable
  }

  /** Resolves as `make` does, while it is being made. */
  get underWay(): Promise<void> | undefined {
    return this.#underWay?.catch(() => undefined)
  }

  /**
   * Has it written, once; until it is durable, accepts go with the flush. `undefined` when it is; otherwise resolves when it
   * is, or cannot be: that is told by a poisoned log, or not at all where there is no room for a ring.
   */
  make(): Promise<void> | undefined {
    if (this.#isDurable) return undefined
    this.#underWay ??= this.#make().finally(() => (this.#underWay = undefined))
    return this.#underWay.catch(() => undefined)
  }

  /** Resolves when it is durable; rejected when it cannot be. */
  async makeDurable(): Promise<void> {
    void this.make()
    await this.#underWay
  }

  /** From now on it has to be made again. Returns what takes it back in the tail, unless it was made again meanwhile. */
  end(): () => readonly StoredEffect[] {
    this.#isDurable = false
    const times = this.#times
    return () => (this.#times === times ? [{ kind: 'weak-end' }] : [])
  }

  async #make(): Promise<void> {
    await this.#parts.prepare()
    this.#times++
    await this.#parts.write(newWrite([{ kind: 'weak-begin' }], true))
    this.#isDurable = true
  }
}
