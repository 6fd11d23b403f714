import { readUnsigned } from './lmdb-format.js'
import type { PageSet } from './page-file.js'

/**
 * Reads one record of the free list into `free` and returns what is wrong with it. A record is a count and as
 * many 64-bit entries: 0 for none, a page number, or a negative length with the first page of a run behind it.
 * LMDB trusts all of it: a wrong count reads beyond the page, and a wrong entry gives away a page that is in use.
 */
export function readFreeRecord(record: Buffer, lastPage: number, free: PageSet): string | undefined {
  const room = Math.floor(record.length / 8) - 1
  if (record.length % 8 !== 0 || room < 0) return 'free list record of an impossible size'
  const count = readUnsigned(record, 0)
  if (count < 0 || count > room) return 'free list record with an impossible count'
  for (let index = 1; index <= count; index++) {
    let run = 1
    let page = Number(record.readBigInt64LE(index * 8))
    if (page === 0) continue
    if (page < 0) {
      run = -page
      if (++index > count) return 'free list record that ends within a run'
      page = Number(record.readBigInt64LE(index * 8))
    }
    if (page < 2 || page > lastPage || run > lastPage - page + 1) return 'free list entry out of range'
    for (let step = 0; step < run; step++) free.add(page + step)
  }
  return undefined
}
