import type {
  OrderedStore,
  StoreOperation,
  StorePair,
  StoreRange,
} from '../../src/backend/ordered-store/ordered-store.js'
import type { Survival } from '../../src/contract/survival.js'

/** `slice` of a Buffer would share its memory. */
const copy = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes)

/** An ordered store over a sorted array of pairs: the smallest one there is, with ways to damage it. */
export class ArrayStore implements OrderedStore {
  readonly survives: Survival = 'power-loss'
  readonly openBy = 'one-process'
  maxValueBytes = 64 * 1024 * 1024
  pairs: StorePair[]
  isClosed = false
  /** Writes since it was made, as numbers of operations. */
  readonly writes: number[] = []
  /** Longest page that was asked for, and the most bytes that one held. */
  longestPage = 0
  largestPageBytes = 0
  /** Refuses the write with this number (from 0) and every later one. */
  failFrom = Infinity
  #writing = false

  constructor(pairs: readonly StorePair[] = []) {
    this.pairs = [...pairs]
  }

  /** What a crash right now would leave. */
  crashed(): ArrayStore {
    return new ArrayStore(this.pairs.map(({ key, value }) => ({ key: copy(key), value: copy(value) })))
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#checkOpen()
    const pair = this.#find(key)
    return pair && copy(pair.value)
  }

  borrow(key: Uint8Array): Uint8Array | undefined {
    this.#checkOpen()
    return this.#find(key)?.value
  }

  async page({ from, to, limit }: StoreRange): Promise<StorePair[]> {
    this.#checkOpen()
    const start = this.#firstFrom(from)
    const end = Math.min(this.#firstFrom(to), start + limit)
    const page = this.pairs.slice(start, end)
    this.longestPage = Math.max(this.longestPage, page.length)
    const bytes = page.reduce((sum, pair) => sum + pair.value.byteLength, 0)
    this.largestPageBytes = Math.max(this.largestPageBytes, bytes)
    return page.map(({ key, value }) => ({ key: copy(key), value: copy(value) }))
  }

  async write(operations: readonly StoreOperation[]): Promise<void> {
    this.#checkOpen()
    if (this.#writing) throw new Error('a write is under way')
    this.#writing = true
    // As in a real engine, nothing is visible in the turn of the call.
    const copies = operations.map(({ key, value }) => ({ key: copy(key), value: value && copy(value) }))
    await new Promise((resolve) => setImmediate(resolve))
    this.#writing = false
    if (this.writes.length >= this.failFrom) throw new Error('no space left')
    this.writes.push(operations.length)
    for (const { key, value } of copies) this.#apply(key, value)
  }

  async close(): Promise<void> {
    this.#checkOpen()
    this.isClosed = true
  }

  #apply(key: Uint8Array, value: Uint8Array | undefined): void {
    const at = this.#firstFrom(key)
    const isThere = this.pairs[at] !== undefined && Buffer.compare(this.pairs[at].key, key) === 0
    this.pairs.splice(at, isThere ? 1 : 0, ...(value ? [{ key, value }] : []))
  }

  #find(key: Uint8Array): StorePair | undefined {
    const pair = this.pairs[this.#firstFrom(key)]
    return pair && Buffer.compare(pair.key, key) === 0 ? pair : undefined
  }

  #firstFrom(key: Uint8Array): number {
    let low = 0
    let high = this.pairs.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (Buffer.compare(this.pairs[middle]!.key, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #checkOpen(): void {
    if (this.isClosed) throw new Error('the store is closed')
  }
}
