import { NOWHERE, type Address } from '../regions/address.js'
import { CONTROL, ENTRY_NUMBERS, hashOf, numbersOf, PAGE_SLOTS, type IndexMemory } from './index-memory.js'

const FIRST_BITS = 10
/** The directory is made anew when more than this part of it was ever used. */
const MAX_USED_PART = 1 / 2
/** So much of it may hold pages where there is no memory for a larger one. */
const MAX_FULL_PART = 7 / 8
/** Memory is added in steps of at least this, in bytes. */
const STEP_BYTES = 4 * 2 ** 20

interface Page {
  readonly at: number
  used: number
}

/**
 * Slot -> address of its decision, written by the owner and read by every thread: pages of addresses behind a directory, a
 * hash table with linear probing.
 *
 * A slot is changed by one store of 64 bits, which nobody sees a half of. Everything else (a page that comes or goes, a
 * batch) happens while the version is odd; whoever reads then, or across it, reads again. What is no page any more keeps
 * its place in the directory until that is made anew.
 */
export class SharedIndex {
  readonly memory: IndexMemory
  readonly #control: Int32Array<SharedArrayBuffer>
  #numbers: Float64Array<SharedArrayBuffer>
  readonly #pages = new Map<number, Page>()
  readonly #free: number[] = []
  #lastNumber = -1
  #lastPage: Page | undefined
  /** Behind everything that was ever handed out, in numbers. The first ones are nobody's: 0 is no place. */
  #end = ENTRY_NUMBERS
  #directoryAt = 0
  #bits = FIRST_BITS
  /** Entries of the directory that were ever used. */
  #used = 0
  #depth = 0

  constructor(memory: IndexMemory) {
    this.memory = memory
    this.#control = new Int32Array(memory.control)
    this.#numbers = numbersOf(memory.pages)
    this.#makeDirectory(FIRST_BITS)
  }

  /** Until as many `end`s, nobody sees any of the changes. */
  begin(): void {
    if (this.#depth++ === 0) Atomics.add(this.#control, CONTROL.version, 1)
  }

  end(): void {
    if (--this.#depth === 0) Atomics.add(this.#control, CONTROL.version, 1)
  }

  /** What is not found may be there all the same: only the owner can tell from here on. */
  setIncomplete(): void {
    Atomics.store(this.#control, CONTROL.incomplete, 1)
  }

  sealedTo(number: number): void {
    Atomics.store(this.#control, CONTROL.sealed, number)
  }

  retiredBefore(number: number): void {
    Atomics.store(this.#control, CONTROL.firstSegment, number)
  }

  set(slot: number, address: Address): void {
    const number = Math.floor(slot / PAGE_SLOTS)
    const page = this.#page(number) ?? (address === NOWHERE ? undefined : this.#addPage(number))
    if (!page) return
    const at = page.at + (slot % PAGE_SLOTS)
    page.used += Number(address !== NOWHERE) - Number(this.#numbers[at] !== NOWHERE)
    this.#numbers[at] = address
    if (page.used === 0) this.#dropPage(number, page)
  }

  #page(number: number): Page | undefined {
    if (number === this.#lastNumber) return this.#lastPage
    const page = this.#pages.get(number)
    if (page) {
      this.#lastNumber = number
      this.#lastPage = page
    }
    return page
  }

  /** `undefined` where there is no memory: the index is incomplete then. */
  #addPage(number: number): Page | undefined {
    const entries = 2 ** this.#bits
    const at = this.#pages.size < entries * MAX_FULL_PART ? this.#newPage() : undefined
    if (at === undefined) {
      this.setIncomplete()
      return undefined
    }
    const page = { at, used: 0 }
    this.#pages.set(number, page)
    this.begin()
    if (this.#used >= entries * MAX_USED_PART) this.#remakeDirectory()
    else this.#enter(number, at)
    this.end()
    return page
  }

  #newPage(): number | undefined {
    return this.#free.pop() ?? this.#allocate(PAGE_SLOTS)
  }

  #dropPage(number: number, page: Page): void {
    this.#pages.delete(number)
    this.#lastNumber = -1
    this.#lastPage = undefined
    this.begin()
    this.#numbers[this.#entryOf(number) + 1] = 0
    this.end()
    this.#free.push(page.at)
  }

  /** Where the entry of a page is, or would be. */
  #entryOf(number: number): number {
    const mask = 2 ** this.#bits - 1
    for (let probe = hashOf(number, this.#bits); ; probe = (probe + 1) & mask) {
      const at = this.#directoryAt + probe * ENTRY_NUMBERS
      const key = this.#numbers[at]
      if (key === 0 || key === number + 1) return at
    }
  }

  #enter(number: number, pageAt: number): void {
    const at = this.#entryOf(number)
    if (this.#numbers[at] === 0) this.#used++
    this.#numbers[at] = number + 1
    this.#numbers[at + 1] = pageAt
  }

  /** Without the entries of pages that are gone; larger where that is not enough, and there is memory. */
  #remakeDirectory(): void {
    const isCrowded = this.#pages.size >= 2 ** (this.#bits - 2)
    this.#makeDirectory(isCrowded ? this.#bits + 1 : this.#bits)
    for (const [number, { at }] of this.#pages) this.#enter(number, at)
  }

  /** An empty one of this size elsewhere, or one of the same size where the last one is. */
  #makeDirectory(bits: number): void {
    const isElsewhere = this.#directoryAt === 0 || bits > this.#bits
    const found = isElsewhere ? this.#allocate(2 ** bits * ENTRY_NUMBERS) : undefined
    const before = { at: this.#directoryAt, length: 2 ** this.#bits * ENTRY_NUMBERS }
    const at = found ?? before.at
    this.#bits = found === undefined ? this.#bits : bits
    this.#directoryAt = at
    this.#numbers.fill(0, at, at + 2 ** this.#bits * ENTRY_NUMBERS)
    this.#used = 0
    if (found !== undefined && before.at > 0) this.#reuse(before.at, before.length)
    this.#control[CONTROL.directoryAt] = at
    this.#control[CONTROL.directoryBits] = this.#bits
  }

  /** What was a directory becomes pages. */
  #reuse(from: number, length: number): void {
    this.#numbers.fill(0, from, from + length)
    for (let at = from; at + PAGE_SLOTS <= from + length; at += PAGE_SLOTS) this.#free.push(at)
  }

  /** So many numbers, zeros; `undefined` where the memory ends. */
  #allocate(length: number): number | undefined {
    const at = this.#end
    const { pages } = this.memory
    const bytes = (at + length) * 8
    if (bytes > pages.byteLength) {
      if (bytes > pages.maxByteLength) return undefined
      pages.grow(Math.min(Math.max(bytes, pages.byteLength + STEP_BYTES), pages.maxByteLength))
      this.#numbers = numbersOf(pages)
    }
    this.#end = at + length
    return at
  }
}
