import { crc32 } from 'node:zlib'

/** Up to here the loop below is faster than the call into zlib, in bytes. */
const SMALL_BYTES = 256

/** Slicing by eight (Kounavis and Berry, "A Systematic Approach to Building High Performance CRC Generators", 2005). */
const TABLE = buildTable()

function buildTable(): Uint32Array {
  const table = new Uint32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let word = byte
    for (let bit = 0; bit < 8; bit++) word = (word & 1) === 0 ? word >>> 1 : (word >>> 1) ^ 0xedb88320
    table[byte] = word
  }
  for (let slice = 1; slice < 8; slice++) {
    for (let byte = 0; byte < 256; byte++) {
      const before = table[(slice - 1) * 256 + byte] ?? 0
      table[slice * 256 + byte] = (before >>> 8) ^ (table[before & 0xff] ?? 0)
    }
  }
  return table
}

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

/**
 * The seed of a checksum at a position of the log: the same bytes at another place, in another segment or in another
 * log have another checksum, so that swapped, misdirected and stale bytes are noticed.
 */
export function seedAt(seed: number, position: number): number {
  const high = Math.floor(position / 0x1_0000_0000)
  return (seed ^ position ^ Math.imul(high, 0x9e3779b1)) >>> 0
}
