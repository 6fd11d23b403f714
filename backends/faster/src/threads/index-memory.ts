/** Slots of a page: small, because a slot far from all others costs one. */
export const PAGE_SLOTS = 32
/** Numbers of a directory's entry: the number of a page plus 1, and where it is; 0, 0 where none ever was. */
export const ENTRY_NUMBERS = 2

/** The index takes at most this, in bytes; it is reserved as addresses, and becomes memory as it is used. */
const MAX_BYTES = 2 ** 31
const FIRST_BYTES = 2 ** 20
const CONTROL_BYTES = 256

/** Words of the control memory, by index. What readers of an index look at together is on one cache line. */
export const CONTROL = {
  /** Odd while more than one slot changes. */
  version: 0,
  /** Where the directory is, in numbers, and how many bits the number of its entries has. */
  directoryAt: 1,
  directoryBits: 2,
  /** The number of the newest segment whose index is in its footer; its slots may be in no page any more. */
  sealed: 16,
  /** The number of the first segment that is not retired. */
  firstSegment: 17,
  /** 1: what is not found here has to be asked from the owner. */
  incomplete: 18,
} as const

/** What the owner of an index and its readers share. */
export interface IndexMemory {
  readonly control: SharedArrayBuffer
  /** Grows in place, so that growing takes nothing from a reader. */
  readonly pages: SharedArrayBuffer
}

/** New memory, all zeros. */
export function newIndexMemory(): IndexMemory {
  return {
    control: new SharedArrayBuffer(CONTROL_BYTES),
    pages: new SharedArrayBuffer(FIRST_BYTES, { maxByteLength: MAX_BYTES }),
  }
}

/** Where the search for a page begins in a directory of `2 ** bits` entries: Fibonacci hashing of both halves. */
export function hashOf(page: number, bits: number): number {
  const mixed = (page | 0) ^ Math.imul((page / 0x1_0000_0000) | 0, 0x85ebca6b)
  return Math.imul(mixed, 0x9e3779b1) >>> (32 - bits)
}

/** The pages as they are now. Not a view that grows with its memory: access to one is slower. */
export function numbersOf(pages: SharedArrayBuffer): Float64Array<SharedArrayBuffer> {
  return new Float64Array(pages, 0, pages.byteLength / 8)
}
