import { checksum } from '../checksum.js'
import { SALT_BYTES } from '../segments/segment-header.js'
import type { WordMemory } from '../word-memory.js'

/** The file behind the mutable region, in the engine's directory. */
export const REGION_NAME = 'region'

/** A page of its own for what is not records. */
export const RING_HEADER_BYTES = 4096

/**
 * The words that say where the ring is, by index. Each is a ring position in units of 8 bytes, modulo 2^32, on a cache
 * line of its own, because several threads may store into it. `reclaimed` is there twice: a flipped bit must not hide
 * records, so the lower of the two counts.
 */
export const CONTROL = {
  reserved: 128 / 4,
  frontier: 192 / 4,
  reclaimed: 256 / 4,
  reclaimedAgain: 260 / 4,
} as const

/** Where the control words begin and end, in bytes. */
export const CONTROL_BYTES = { from: 128, to: 264 } as const

/** Positions in the ring are multiples of this, in bytes. */
export const RING_UNIT_BYTES = 8

/** The smallest ring, and the largest one that can be mapped with its header, in bytes. */
const MAX_CAPACITY_BYTES = 2 ** 30

/** No room: not a position. */
export const NO_ROOM = -1

const MAGIC = Buffer.from('PLOGRING', 'latin1')
const SALT_AT = 16
const CHECKSUM_AT = SALT_AT + SALT_BYTES
const SKIP = 0x4b535250

/** The largest power of two that `bytes` have room for: a position is turned into an offset by a mask. */
export function capacityFor(bytes: number): number {
  return Math.min(2 ** Math.floor(Math.log2(bytes)), MAX_CAPACITY_BYTES)
}

/**
 * Byte map of the region's file, little-endian:
 * ```
 *    0 "PLOGRING"   8 u32 format version   12 u32 capacity   16 salt (16)   32 u32 checksum of bytes 0-31   zeros
 *  128 u32 reserved to   192 u32 frontier   256 u32 reclaimed to   260 u32 the same once more   zeros
 * 4096 the ring: `capacity` bytes (a power of two), of which the file has as many as were ever used
 * ```
 * Writes the first line; the rest is zero.
 */
export function encodeRingHeader(bytes: Buffer, formatVersion: number, capacity: number, salt: Buffer): void {
  MAGIC.copy(bytes, 0)
  bytes.writeUInt32LE(formatVersion, 8)
  bytes.writeUInt32LE(capacity, 12)
  salt.copy(bytes, SALT_AT)
  bytes.writeUInt32LE(checksum(bytes, 0, CHECKSUM_AT, 0), CHECKSUM_AT)
}

/** What the header of a ring says; `undefined` when it is not intact. */
export function decodeRingHeader(
  bytes: Buffer,
): { readonly capacity: number; readonly seed: number } | undefined {
  if (bytes.byteLength < RING_HEADER_BYTES || !MAGIC.equals(bytes.subarray(0, MAGIC.byteLength)))
    return undefined
  if (checksum(bytes, 0, CHECKSUM_AT, 0) !== bytes.readUInt32LE(CHECKSUM_AT)) return undefined
  return { capacity: bytes.readUInt32LE(12), seed: ringSeed(bytes) }
}

/** Every checksum in the ring is masked by it. */
export function ringSeed(header: Buffer): number {
  return checksum(header, SALT_AT, CHECKSUM_AT, 0)
}

/**
 * Where a record of `bytes` goes when everything below `reserved` is taken: there, or at the next lap if it would not fit
 * in one piece. `NO_ROOM` where that would reach what is not reclaimed yet.
 */
export function placeFor(reserved: number, reclaimed: number, bytes: number, capacity: number): number {
  const left = capacity - (reserved & (capacity - 1))
  const position = bytes <= left ? reserved : reserved + left
  return position + bytes - reclaimed <= capacity ? position : NO_ROOM
}

/** A skip record: everything from here to the end of the ring is left out. `mask` is that of its position. */
export function writeSkip({ words }: WordMemory, offset: number, mask: number, bytes: number): void {
  words[offset >>> 2] = SKIP
  words[(offset >>> 2) + 1] = mask ^ bytes
}

/** True when the skip record of this place stands here, whole. */
export function isSkip({ words }: WordMemory, offset: number, mask: number, bytes: number): boolean {
  return words[offset >>> 2] === SKIP && words[(offset >>> 2) + 1] === (mask ^ bytes)
}
