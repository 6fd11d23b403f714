import { crc32 } from 'node:zlib'
import { crcSlices } from '@persistent-log/core/backend'

const { imul } = Math

/** Up to here a loop over bytes is faster than the call into zlib, in bytes; a loop over words is so up to the second. */
const SMALL_BYTES = 256
const SMALL_WORD_BYTES = 512

/** By up to 16 bytes at once. */
const TABLE = crcSlices(16)

/** CRC-32 (IEEE 802.3) of `bytes[from, to)`, continued from `seed`: the checksum of what came before, or a salt. */
export function checksum(bytes: Uint8Array, from: number, to: number, seed: number): number {
  return to - from > SMALL_BYTES
    ? crc32(bytes.subarray(from, to), seed)
    : smallChecksum(bytes, from, to, seed)
}

function smallChecksum(bytes: Uint8Array, from: number, to: number, seed: number): number {
  const t = TABLE
  let crc = ~seed
  let at = from
  for (; at + 8 <= to; at += 8) {
    const low = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24))
    crc =
      t[1792 + (low & 0xff)]! ^
      t[1536 + ((low >>> 8) & 0xff)]! ^
      t[1280 + ((low >>> 16) & 0xff)]! ^
      t[1024 + (low >>> 24)]! ^
      t[768 + bytes[at + 4]!]! ^
      t[512 + bytes[at + 5]!]! ^
      t[256 + bytes[at + 6]!]! ^
      t[bytes[at + 7]!]!
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ t[(crc ^ bytes[at]!) & 0xff]!
  return ~crc >>> 0
}

/** The same over `[from, to)` of memory that is seen as bytes and as words; `from` is a multiple of 4. */
export function wordChecksum(
  bytes: Uint8Array,
  words: Int32Array,
  from: number,
  to: number,
  seed: number,
): number {
  if (to - from > SMALL_WORD_BYTES) return crc32(bytes.subarray(from, to), seed)
  const t = TABLE
  let crc = ~seed
  let at = from >>> 2
  const end = to >>> 2
  for (; at + 4 <= end; at += 4) {
    const a = crc ^ words[at]!
    const b = words[at + 1]!
    const c = words[at + 2]!
    const d = words[at + 3]!
    crc =
      t[3840 + (a & 0xff)]! ^
      t[3584 + ((a >>> 8) & 0xff)]! ^
      t[3328 + ((a >>> 16) & 0xff)]! ^
      t[3072 + (a >>> 24)]! ^
      t[2816 + (b & 0xff)]! ^
      t[2560 + ((b >>> 8) & 0xff)]! ^
      t[2304 + ((b >>> 16) & 0xff)]! ^
      t[2048 + (b >>> 24)]! ^
      t[1792 + (c & 0xff)]! ^
      t[1536 + ((c >>> 8) & 0xff)]! ^
      t[1280 + ((c >>> 16) & 0xff)]! ^
      t[1024 + (c >>> 24)]! ^
      t[768 + (d & 0xff)]! ^
      t[512 + ((d >>> 8) & 0xff)]! ^
      t[256 + ((d >>> 16) & 0xff)]! ^
      t[d >>> 24]!
  }
  for (; at < end; at++) {
    const a = crc ^ words[at]!
    crc = t[768 + (a & 0xff)]! ^ t[512 + ((a >>> 8) & 0xff)]! ^ t[256 + ((a >>> 16) & 0xff)]! ^ t[a >>> 24]!
  }
  for (let last = end << 2; last < to; last++) crc = (crc >>> 8) ^ t[(crc ^ bytes[last]!) & 0xff]!
  return ~crc >>> 0
}

/**
 * The seed of a checksum at a position of the log: the same bytes at another place, in another segment or in another
 * log have another checksum, so that swapped, misdirected and stale bytes are noticed.
 */
export function seedAt(seed: number, position: number): number {
  const high = Math.floor(position / 0x1_0000_0000)
  return (seed ^ position ^ imul(high, 0x9e3779b1)) >>> 0
}

/**
 * What hides a checksum at a position (a multiple of 8), to the same end: who moves the bytes takes one mask off and puts
 * the other on, and need not compute the checksum anew. The finalizer of MurmurHash3: neighbouring positions share no
 * pattern. It repeats after 32 GiB, which is more than any one seed is used for.
 */
export function maskAt(seed: number, position: number): number {
  let x = seed ^ imul((position / 8) | 0, 0x9e3779b1)
  x = imul(x ^ (x >>> 16), 0x85ebca6b)
  x = imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}
