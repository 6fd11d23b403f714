/** In bytes: what a write copies. A multiple of every sector and torn piece. */
export const PAGE_BYTES = 4_096
const ZEROS = new Uint8Array(PAGE_BYTES)

/**
 * The bytes of one file of a simulated disk. Pages never change once they are stored, so that a copy of a file of any
 * size shares them.
 */
export class PagedFile {
  #size: number
  readonly #pages: Map<number, Uint8Array>

  constructor(from?: PagedFile) {
    this.#size = from?.size ?? 0
    this.#pages = new Map(from?.pages)
  }

  get size(): number {
    return this.#size
  }

  /** What was written, by page; the rest is zeros. */
  get pages(): ReadonlyMap<number, Uint8Array> {
    return this.#pages
  }

  /** The bytes of a page, to look at; those behind the end of the file are zeros. */
  page(number: number): Uint8Array {
    return this.#pages.get(number) ?? ZEROS
  }

  write(offset: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.byteLength;) {
      const number = Math.floor((offset + done) / PAGE_BYTES)
      const start = offset + done - number * PAGE_BYTES
      const length = Math.min(PAGE_BYTES - start, bytes.byteLength - done)
      const page = Uint8Array.from(this.page(number))
      page.set(bytes.subarray(done, done + length), start)
      this.#pages.set(number, page)
      done += length
    }
    this.#size = Math.max(this.#size, offset + bytes.byteLength)
  }

  /** Cuts, or lengthens by zeros. */
  truncate(size: number): void {
    for (const [number, page] of this.#pages) {
      const kept = size - number * PAGE_BYTES
      if (kept <= 0) this.#pages.delete(number)
      else if (kept < PAGE_BYTES) this.#pages.set(number, Uint8Array.from(page).fill(0, kept))
    }
    this.#size = size
  }

  toBytes(): Buffer {
    const bytes = Buffer.alloc(this.#size)
    for (const [number, page] of this.#pages) {
      const at = number * PAGE_BYTES
      bytes.set(page.subarray(0, Math.max(0, Math.min(PAGE_BYTES, this.#size - at))), at)
    }
    return bytes
  }
}
