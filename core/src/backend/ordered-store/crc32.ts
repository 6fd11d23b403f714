import { crc32 as crc32OfZlib } from 'node:zlib'
import { viewOf } from './last-view.js'

/** Up to here the loop below is faster than a call into zlib, in bytes; measured between 400 and 600. */
const SMALL_BYTES = 512

/** Below it the bytes are taken one by one. */
const TINY_BYTES = 16

/** Slicing by sixteen (Kounavis and Berry, "A Systematic Approach to Building High Performance CRC Generators", 2005). */
const TABLE = buildTable()

function buildTable(): Int32Array {
  const table = new Int32Array(16 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let word = byte
    for (let bit = 0; bit < 8; bit++) word = (word & 1) === 0 ? word >>> 1 : (word >>> 1) ^ 0xedb88320
    table[byte] = word
  }
  for (let slice = 1; slice < 16; slice++) {
    for (let byte = 0; byte < 256; byte++) {
      const before = table[(slice - 1) * 256 + byte]!
      table[slice * 256 + byte] = (before >>> 8) ^ table[before & 0xff]!
    }
  }
  return table
}

/** CRC-32 (IEEE 802.3) of `bytes` from `from` to the end, continued from `seed`: the checksum of what came before. */
export function crc32(bytes: Uint8Array, from: number, seed: number): number {
  const length = bytes.length - from
  if (length > SMALL_BYTES) return crc32OfZlib(bytes.subarray(from, bytes.length), seed)
  return length < TINY_BYTES ? crc32OfTiny(bytes, from, seed) : crc32OfSmall(bytes, from, seed)
}

/** Keys: a view of them would cost more than it saves. */
function crc32OfTiny(bytes: Uint8Array, from: number, seed: number): number {
  const t = TABLE
  let crc = ~seed
  for (let at = from; at < bytes.length; at++) crc = (crc >>> 8) ^ t[(crc ^ bytes[at]!) & 0xff]!
  return ~crc >>> 0
}

function crc32OfSmall(bytes: Uint8Array, from: number, seed: number): number {
  const t = TABLE
  const view = viewOf(bytes)
  const end = bytes.byteOffset + bytes.length
  let at = bytes.byteOffset + from
  let crc = ~seed
  for (; at + 16 <= end; at += 16) {
    const a = crc ^ view.getInt32(at, true)
    const b = view.getInt32(at + 4, true)
    const c = view.getInt32(at + 8, true)
    const d = view.getInt32(at + 12, true)
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
  for (; at + 4 <= end; at += 4) {
    const a = crc ^ view.getInt32(at, true)
    crc = t[768 + (a & 0xff)]! ^ t[512 + ((a >>> 8) & 0xff)]! ^ t[256 + ((a >>> 16) & 0xff)]! ^ t[a >>> 24]!
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ t[(crc ^ view.getUint8(at)) & 0xff]!
  return ~crc >>> 0
}
