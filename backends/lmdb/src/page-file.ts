import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { metaPageSize, readMeta, type Meta } from './lmdb-format.js'

/** Something wrong in the file: it is too short, a meta page is damaged, or another page is. */
export interface LmdbFinding {
  readonly kind: 'size' | 'meta' | 'page'
  readonly page: number
  readonly reason: string
}

/** A set of page numbers, as a bit map: a store of 1 GiB needs 32 KiB. */
export class PageSet {
  readonly #bits: Uint8Array

  constructor(pages: number) {
    this.#bits = new Uint8Array(Math.ceil(pages / 8))
  }

  has(page: number): boolean {
    return (this.#bits[page >>> 3]! & (1 << (page & 7))) !== 0
  }

  add(page: number): void {
    this.#bits[page >>> 3]! |= 1 << (page & 7)
  }
}

/** A data file, open for reading its pages, with the snapshot that LMDB would choose. */
export class PageFile {
  readonly findings: LmdbFinding[] = []
  readonly #descriptor: number
  readonly #size: number

  constructor(file: string) {
    this.#descriptor = openSync(file, 'r')
    this.#size = fstatSync(this.#descriptor).size
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  report(kind: LmdbFinding['kind'], page: number, reason: string): void {
    this.findings.push({ kind, page, reason })
  }

  /** How many whole pages the file holds. */
  pages(pageSize: number): number {
    return Math.floor(this.#size / pageSize)
  }

  /** Reads bytes, fewer where the file ends. */
  read(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    let done = 0
    while (done < length) {
      const count = readSync(this.#descriptor, bytes, done, length - done, position + done)
      if (count === 0) break
      done += count
    }
    return bytes.subarray(0, done)
  }

  /**
   * The newest snapshot, or undefined when it cannot be told for certain. Damage to the older meta page counts,
   * too: LMDB compares the transaction numbers of both before it has checked either.
   */
  chooseMeta(): Meta | undefined {
    const first = readMeta(this.read(0, metaPageSize), 0)
    if (typeof first === 'string') {
      this.report('meta', 0, first)
      return undefined
    }
    const second = readMeta(this.read(first.pageSize, metaPageSize), 1)
    if (typeof second === 'string') {
      this.report('meta', 1, second)
      return undefined
    }
    if (first.pageSize !== second.pageSize || first.flags !== second.flags) {
      this.report('meta', 1, 'the meta pages do not agree')
      return undefined
    }
    const newest = first.transaction >= second.transaction ? first : second
    const distance = Math.abs(first.transaction - second.transaction)
    if (distance !== 1 && newest.transaction !== 0) {
      this.report('meta', newest.transaction % 2, 'the meta pages are not of successive transactions')
      return undefined
    }
    return newest
  }
}
