import type { Slot } from '../../contract/slot.js'

/**
 * Keys of an ordered store. One prefix byte names the kind, integers follow big-endian, so that the order of the bytes
 * is the order of the numbers (little-endian would sort slot 256 before slot 1).
 *
 * ```
 * 01                                  meta: one record, rewritten with every group
 * 02  slot u64                        what a slot holds
 * 02  slot u64  slots u8              a block: the decisions of 2 to 32 slots, from this one on
 * 03  name, UTF-8                     a configuration record
 * 04  blob u64                        the header of a checkpoint, by the number of its state's blob
 * 05  blob u64  chunk u32             a piece of a checkpoint's state
 * 06  from u64                        a range of slots known to be damaged
 * ```
 */
export const KEY_PREFIX = {
  meta: 0x01,
  slot: 0x02,
  configuration: 0x03,
  checkpoint: 0x04,
  blob: 0x05,
  damage: 0x06,
} as const

/** The kinds of keys. */
export type KeyKind = keyof typeof KEY_PREFIX

/** A half-open range of keys. */
export interface KeyRange {
  readonly from: Uint8Array
  readonly to: Uint8Array
}

/** Bytes of an unsigned 64-bit integer. */
const U64_BYTES = 8
const TWO_POW_32 = 2 ** 32

/** Writes an unsigned 32-bit big-endian integer; byte by byte is faster than a method of `Buffer`, which checks first. */
export function writeU32(target: Uint8Array, value: number, at: number): void {
  target[at] = value >>> 24
  target[at + 1] = value >>> 16
  target[at + 2] = value >>> 8
  target[at + 3] = value
}

/** Reads an unsigned 32-bit big-endian integer; bytes behind the end are zero. */
export function readU32(source: Uint8Array, at: number): number {
  return ((source[at]! << 24) | (source[at + 1]! << 16) | (source[at + 2]! << 8) | source[at + 3]!) >>> 0
}

/** Writes a safe integer as an unsigned 64-bit big-endian one. */
export function writeU64(target: Uint8Array, value: number, at: number): void {
  const high = value < TWO_POW_32 ? 0 : Math.floor(value / TWO_POW_32)
  writeU32(target, high, at)
  writeU32(target, value - high * TWO_POW_32, at + 4)
}

/** Reads an unsigned 64-bit big-endian integer; beyond the safe integers the result is not exact. */
export function readU64(source: Uint8Array, at: number): number {
  return readU32(source, at) * TWO_POW_32 + readU32(source, at + 4)
}

/** The same through a view, which is faster where there is one. */
export function setU64(view: DataView, at: number, value: number): void {
  const high = value < TWO_POW_32 ? 0 : Math.floor(value / TWO_POW_32)
  view.setUint32(at, high)
  view.setUint32(at + 4, value - high * TWO_POW_32)
}

function numberKey(prefix: number, value: number): Buffer {
  const key = Buffer.allocUnsafe(1 + U64_BYTES)
  key[0] = prefix
  writeU64(key, value, 1)
  return key
}

/** The key of the meta record. */
export const META_KEY: Uint8Array = Uint8Array.of(KEY_PREFIX.meta)

/** The key of what a slot holds. */
export const slotKey = (slot: Slot): Uint8Array => numberKey(KEY_PREFIX.slot, slot)

/** Bytes of such a key. */
export const SLOT_KEY_BYTES = 1 + U64_BYTES

/** Slots of the largest block: it is found by the bits of two words. */
export const MOST_BLOCK_SLOTS = 32

/** Bytes of the key of a block. */
export const BLOCK_KEY_BYTES = SLOT_KEY_BYTES + 1

/** The key of the decisions of so many slots. */
export const blockKey = (first: Slot, slots: number): Uint8Array =>
  turnBlockKey(Buffer.allocUnsafe(BLOCK_KEY_BYTES), first, slots)

/** Writes the key of a block over whatever the array holds. */
export function turnBlockKey(key: Uint8Array, first: Slot, slots: number): Uint8Array {
  turnSlotKey(key, first)
  key[SLOT_KEY_BYTES] = slots
  return key
}

/** Writes the key of a slot over whatever the array holds. */
export function turnSlotKey(key: Uint8Array, slot: Slot): Uint8Array {
  key[0] = KEY_PREFIX.slot
  writeU64(key, slot, 1)
  return key
}

/** The same through a view. */
export function setSlotKey(view: DataView, at: number, slot: Slot): void {
  view.setUint8(at, KEY_PREFIX.slot)
  setU64(view, at + 1, slot)
}

/** The key of a checkpoint's header, by its blob: two checkpoints may share a slot for a moment, never a blob. */
export const checkpointKey = (blob: number): Uint8Array => numberKey(KEY_PREFIX.checkpoint, blob)

/** The key of a range of damaged slots, by its first slot. */
export const damageKey = (from: Slot): Uint8Array => numberKey(KEY_PREFIX.damage, from)

/** The key of a configuration record. */
export function configurationKey(name: string): Uint8Array {
  return Buffer.concat([Uint8Array.of(KEY_PREFIX.configuration), Buffer.from(name, 'utf8')])
}

/** The key of a configuration record that differs from another key in the kind alone. */
export function configurationKeyLike(key: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(KEY_PREFIX.configuration), key.subarray(1)])
}

/** The key of one chunk of a blob. */
export function chunkKey(blob: number, chunk: number): Uint8Array {
  const key = Buffer.allocUnsafe(1 + U64_BYTES + 4)
  key[0] = KEY_PREFIX.blob
  writeU64(key, blob, 1)
  key.writeUInt32BE(chunk, 1 + U64_BYTES)
  return key
}

/** All keys of one kind. */
export function rangeOfKind(kind: KeyKind): KeyRange {
  return { from: Uint8Array.of(KEY_PREFIX[kind]), to: Uint8Array.of(KEY_PREFIX[kind] + 1) }
}

/** The keys of the slots with `from <= slot < to`. */
export const slotKeyRange = (from: Slot, to: Slot): KeyRange => ({ from: slotKey(from), to: slotKey(to) })

/** The keys of all chunks of one blob. */
export const blobKeyRange = (blob: number): KeyRange => ({
  from: chunkKey(blob, 0),
  to: chunkKey(blob + 1, 0),
})

/** Keys of every kind, unknown ones included. */
export const WHOLE_STORE: KeyRange = { from: Uint8Array.of(0x00), to: Uint8Array.of(0xff) }

/** A key taken apart; `unknown` is one that this layout never writes. */
export type ParsedKey =
  | { readonly kind: 'meta' }
  | { readonly kind: 'slot' | 'damage'; readonly slot: Slot }
  | { readonly kind: 'block'; readonly slot: Slot; readonly slots: number }
  | { readonly kind: 'checkpoint'; readonly blob: number }
  | { readonly kind: 'configuration'; readonly name: string }
  | { readonly kind: 'blob'; readonly blob: number; readonly chunk: number }
  | { readonly kind: 'unknown' }

const UNKNOWN: ParsedKey = { kind: 'unknown' }

/** Takes a key apart. */
export function parseKey(bytes: Uint8Array): ParsedKey {
  const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  switch (key[0]) {
    case KEY_PREFIX.meta:
      return key.length === 1 ? { kind: 'meta' } : UNKNOWN
    case KEY_PREFIX.slot:
      return key.length === BLOCK_KEY_BYTES ? blockIn(key) : slotIn(key, 'slot')
    case KEY_PREFIX.damage:
      return slotIn(key, 'damage')
    case KEY_PREFIX.checkpoint: {
      const blob = numberIn(key)
      return blob === undefined ? UNKNOWN : { kind: 'checkpoint', blob }
    }
    case KEY_PREFIX.configuration:
      return { kind: 'configuration', name: key.toString('utf8', 1) }
    case KEY_PREFIX.blob: {
      if (key.length !== 1 + U64_BYTES + 4) return UNKNOWN
      const blob = readU64(key, 1)
      return Number.isSafeInteger(blob)
        ? { kind: 'blob', blob, chunk: key.readUInt32BE(1 + U64_BYTES) }
        : UNKNOWN
    }
    case undefined:
    default:
      return UNKNOWN
  }
}

function slotIn(key: Buffer, kind: 'slot' | 'damage'): ParsedKey {
  const slot = numberIn(key)
  return slot === undefined ? UNKNOWN : { kind, slot }
}

function blockIn(key: Buffer): ParsedKey {
  const slot = readU64(key, 1)
  const slots = key[SLOT_KEY_BYTES]!
  const isOne = slots >= 2 && slots <= MOST_BLOCK_SLOTS && slot + slots <= Number.MAX_SAFE_INTEGER
  return isOne ? { kind: 'block', slot, slots } : UNKNOWN
}

function numberIn(key: Buffer): number | undefined {
  if (key.length !== 1 + U64_BYTES) return undefined
  const value = readU64(key, 1)
  // The largest safe integer is the end of a range: neither a slot nor a blob.
  return value < Number.MAX_SAFE_INTEGER ? value : undefined
}

/** A key in a message; one that is not ours may be long. */
export function shownKey(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('hex', 0, MOST_KEY_BYTES_SHOWN)
}

const MOST_KEY_BYTES_SHOWN = 40
