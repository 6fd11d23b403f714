import { raise } from '@persistent-log/core/backend'
import { NOWHERE, type Address } from '../regions/address.js'
import { CONTROL, ENTRY_NUMBERS, hashOf, numbersOf, PAGE_SLOTS, type IndexMemory } from './index-memory.js'

/** Looks at a version that stays odd before the thread sleeps. */
const SPINS = 1_000
const SLEEP_MS = 1
/** An owner that is in the middle of a change for so many ms was ended there. */
const PATIENCE_MS = 10_000

/**
 * Looks slots up in a shared index. No lock is taken and none can be left behind: a look-up that a change came across is
 * made again.
 */
export class IndexReader {
  readonly #pages: SharedArrayBuffer
  readonly #control: Int32Array<SharedArrayBuffer>
  #numbers: Float64Array<SharedArrayBuffer>

  constructor({ control, pages }: IndexMemory) {
    this.#pages = pages
    this.#control = new Int32Array(control)
    this.#numbers = numbersOf(pages)
  }

  /** What is not found here has to be asked from the owner. */
  get isIncomplete(): boolean {
    return Atomics.load(this.#control, CONTROL.incomplete) === 1
  }

  /** The number of the newest segment that has its index in its footer. */
  get sealed(): number {
    return Atomics.load(this.#control, CONTROL.sealed)
  }

  /** The number of the first segment that is not retired. */
  get firstSegment(): number {
    return Atomics.load(this.#control, CONTROL.firstSegment)
  }

  /** Where the decision of a slot is, as of one moment during the call. */
  get(slot: number): Address {
    for (;;) {
      const version = this.#evenVersion()
      const page = this.#pageAt(Math.floor(slot / PAGE_SLOTS))
      const address = page === 0 ? NOWHERE : this.#number(page + (slot % PAGE_SLOTS))
      if (Atomics.load(this.#control, CONTROL.version) === version) return address
    }
  }

  /** The first slot at or above this one that is here; `undefined` where there is none. */
  firstFrom(slot: number): number | undefined {
    for (;;) {
      const version = this.#evenVersion()
      const found = this.#firstFrom(slot)
      if (Atomics.load(this.#control, CONTROL.version) === version) return found
    }
  }

  #firstFrom(slot: number): number | undefined {
    const own = Math.floor(slot / PAGE_SLOTS)
    const found = this.#firstOn(own, slot % PAGE_SLOTS)
    if (found !== undefined) return found
    const next = this.#nextPage(own)
    return next === undefined ? undefined : this.#firstOn(next, 0)
  }

  #firstOn(page: number, from: number): number | undefined {
    const at = this.#pageAt(page)
    if (at === 0) return undefined
    for (let index = from; index < PAGE_SLOTS; index++) {
      if (this.#number(at + index) !== NOWHERE) return page * PAGE_SLOTS + index
    }
    return undefined
  }

  /** Of all pages: they are in no order. */
  #nextPage(than: number): number | undefined {
    const directoryAt = this.#control[CONTROL.directoryAt]!
    const end = directoryAt + 2 ** this.#control[CONTROL.directoryBits]! * ENTRY_NUMBERS
    let next: number | undefined
    for (let at = directoryAt; at < end; at += ENTRY_NUMBERS) {
      const page = this.#number(at) - 1
      const isThere = page > than && (next === undefined || page < next) && this.#number(at + 1) !== 0
      if (isThere) next = page
    }
    return next
  }

  /** Where a page is; 0 where there is none. Beside a change the answer may be wrong, but it comes. */
  #pageAt(page: number): number {
    const bits = this.#control[CONTROL.directoryBits]!
    const directoryAt = this.#control[CONTROL.directoryAt]!
    const mask = 2 ** bits - 1
    let probe = hashOf(page, bits)
    for (let tries = 0; tries <= mask; tries++) {
      const at = directoryAt + probe * ENTRY_NUMBERS
      const key = this.#number(at)
      if (key === page + 1) return this.#number(at + 1)
      if (key === 0) return 0
      probe = (probe + 1) & mask
    }
    return 0
  }

  #number(at: number): number {
    // The memory has grown since this thread looked at its size.
    if (at >= this.#numbers.length) this.#numbers = numbersOf(this.#pages)
    return this.#numbers[at] ?? 0
  }

  #evenVersion(): number {
    let deadlineMs = 0
    for (let spins = 0; ; spins++) {
      const version = Atomics.load(this.#control, CONTROL.version)
      if ((version & 1) === 0) return version
      if (spins < SPINS) continue
      deadlineMs ||= performance.now() + PATIENCE_MS
      if (performance.now() > deadlineMs) throw raise.notOpen('read')
      Atomics.wait(this.#control, CONTROL.version, version, SLEEP_MS)
    }
  }
}
