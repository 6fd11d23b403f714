import { MAX_SLOT, type Slot } from '../../contract/slot.js'
import { blockNamedBy } from './block-record.js'
import { blockKey, configurationKeyLike, parseKey, slotKey, type ParsedKey } from './key-layout.js'
import type { StoreOperation, StorePair } from './ordered-store.js'
import { asBuffer, checksumOf, type RecordCodec } from './record-codec.js'
import { isDecided, slotNamedBy } from './slot-record.js'

/** Bytes that one salvage puts back, since they share a batch; what is left over is put back by the next. */
const MOST_BYTES_AT_ONCE = 64 * 1024 * 1024

/** A record that lies under a key which is not its own: the key went bad. */
export interface StrayRecord {
  readonly key: Uint8Array
  /** The key under which its checksum is right. */
  readonly home: Uint8Array
  /** That of the home, where this is one. */
  readonly slot?: Slot
  /** Its checksum, where it is a proposal: that may have been replaced or discarded under its own key since, nothing else. */
  readonly proposal?: number
}

/**
 * Where a record belongs that fails its checksum under the key where it lies. The checksum covers the key, so that it proves
 * a guess: the slot that the record names, or a configuration whose name is intact. `undefined` when neither is right.
 */
export function strayOf(codec: RecordCodec, { key, value }: StorePair): StrayRecord | undefined {
  const provesItself = (home: Uint8Array): boolean =>
    Buffer.compare(home, key) !== 0 && codec.isIntact(home, value)
  const block = blockNamedBy(value)
  const blockHome = block && blockKey(block.first, block.slots)
  if (blockHome && provesItself(blockHome)) return { key, home: blockHome }
  const slot = slotNamedBy(value)
  if (slot !== undefined && slot <= MAX_SLOT && provesItself(slotKey(slot)))
    return {
      key,
      home: slotKey(slot),
      slot,
      ...(!isDecided(value) && { proposal: checksumOf(asBuffer(value)) }),
    }
  const home = configurationKeyLike(key)
  return provesItself(home) ? { key, home } : undefined
}

/** What takes strays in: the scan that found them. */
export interface StrayHost {
  read(key: Uint8Array): Uint8Array | undefined
  /** Something readable is there, or nothing is wanted there any more. */
  isHeld(home: ParsedKey): boolean
  take(home: ParsedKey, pair: StorePair): boolean
}

/**
 * Takes strays for what they are under their own keys; returns what a salvage changes for it. One whose home is held is there
 * a second time, and goes.
 */
export function bringHome(strays: readonly StrayRecord[], host: StrayHost): StoreOperation[] {
  const operations: StoreOperation[] = []
  let bytes = 0
  for (const { key, home } of strays) {
    if (bytes >= MOST_BYTES_AT_ONCE) break
    const value = host.read(key)
    const parsed = parseKey(home)
    if (value && !host.isHeld(parsed) && host.take(parsed, { key: home, value })) {
      operations.push({ key: home, value })
      bytes += value.byteLength
    }
    operations.push({ key })
  }
  return operations
}
