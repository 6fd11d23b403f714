import type { Slot } from '../../contract/slot.js'
import { raise } from '../../errors/raise.js'

interface Waiter {
  readonly giveUp: (reason: unknown) => void
  readonly slots: ReadonlySet<Slot>
  /** Bytes that it would add now; the state may have changed since it began to wait. */
  readonly needs: () => number
  readonly place: () => void
}

/** What an accept brings along when it asks for space. */
export interface Placement {
  readonly slots: readonly Slot[]
  /** Bytes of all that it would store. */
  readonly bytes: () => number
  /** Bytes that it would add to those in use. */
  readonly needs: () => number
  readonly signal: AbortSignal | undefined
}

/**
 * Room for undecided entries. An accept that finds none waits in line, is placed and judged when it gets it, and is
 * refused with `PLOG_FULL` when it waited too long. Nobody spins, and nothing grows beyond the capacity.
 */
export class Space {
  readonly #capacity: number | undefined
  readonly #waitMs: number
  readonly #used: () => number
  readonly #line: Waiter[] = []
  #waking = false

  constructor(capacity: number | undefined, waitMs: number, used: () => number) {
    this.#capacity = capacity
    this.#waitMs = waitMs
    this.#used = used
  }

  get waiting(): number {
    return this.#line.length
  }

  /**
   * Runs `body` at once where there is room and nobody waits for the same slot, otherwise when its turn comes. The first
   * in line goes first.
   */
  place<T>(placement: Placement, body: () => Promise<T>): Promise<T> {
    const capacity = this.#capacity
    if (capacity === undefined) return body()
    const needs = placement.needs()
    const bytes = needs > 0 ? placement.bytes() : 0
    if (bytes > capacity)
      return Promise.reject(raise.tooLarge('uncommitted bytes of the call', bytes, capacity))
    const behind = this.#line.some((waiter) => placement.slots.some((slot) => waiter.slots.has(slot)))
    if (!behind && (needs <= 0 || (this.#line.length === 0 && this.fits(needs)))) return body()
    if (this.#waitMs === 0) return Promise.reject(raise.full(this.#used(), capacity))
    return this.#wait(placement, capacity, body)
  }

  /**
   * Whether an entry of so many bytes, which would add so many to those in use, has room now. One that could never have
   * is refused.
   */
  has(bytes: number, needs: number): boolean {
    if (this.fits(needs)) return true
    if (this.#capacity !== undefined && bytes > this.#capacity)
      throw raise.tooLarge('uncommitted bytes of the call', bytes, this.#capacity)
    return false
  }

  /** Whether so many more bytes fit now. */
  fits(bytes: number): boolean {
    return this.#capacity === undefined || bytes <= 0 || this.#used() + bytes <= this.#capacity
  }

  /** Something was freed: let those in who fit now, in line. */
  wake(): void {
    if (this.#line.length > 0 && !this.#waking) this.#letIn()
  }

  #letIn(): void {
    this.#waking = true
    try {
      for (let next = this.#line[0]; next && this.fits(next.needs()); next = this.#line[0]) {
        this.#line.shift()
        next.place()
      }
    } finally {
      this.#waking = false
    }
  }

  /** Nothing will be freed any more, or nothing may be written: all who wait are refused. */
  refuseAll(reason: () => unknown): void {
    for (const waiter of this.#line.splice(0)) waiter.giveUp(reason())
  }

  #wait<T>(placement: Placement, capacity: number, body: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const { signal } = placement
      const leave = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
      }
      const giveUp = (reason: unknown): void => {
        leave()
        const at = this.#line.indexOf(waiter)
        if (at >= 0) this.#line.splice(at, 1)
        reject(reason)
        this.wake()
      }
      const onAbort = (): void => giveUp(signal?.reason)
      const timer = setTimeout(() => giveUp(raise.full(this.#used(), capacity)), this.#waitMs)
      const waiter: Waiter = {
        giveUp,
        slots: new Set(placement.slots),
        needs: placement.needs,
        place: () => {
          leave()
          body().then(resolve, reject)
        },
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#line.push(waiter)
    })
  }
}
