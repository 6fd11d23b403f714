import type { StoredEntry } from '@persistent-log/core/backend'
import { maskAt, wordChecksum } from '../checksum.js'
import { u64At } from '../integers.js'
import type { WordMemory } from '../word-memory.js'
import { CHECKSUM_WORD, isHeaderIntact, RECORD, RECORD_HEADER_BYTES, type StoredRecord } from './record.js'

const MAGIC_MASK = 0xffff
const MAGIC = 0x5250
const HAS_PROOF = 1

/**
 * The accept or the decision of a slot in mapped memory, as views; the byte map is in record.ts. `undefined` when it is
 * none, or one of another slot. `offset` is a multiple of 8; nothing at or behind `limit` is touched. Reads words
 * instead of decoding a record: every read and every entry of a scan comes by here.
 */
export function mappedEntry(
  { words, buffer, start }: WordMemory,
  offset: number,
  limit: number,
  slot: number,
): StoredEntry | undefined {
  const at = offset >>> 2
  const content = offset + RECORD_HEADER_BYTES
  if (content > limit) return undefined
  const head = words[at]!
  const kind = (head >>> 16) & 0xff
  const isEntry = (head & MAGIC_MASK) === MAGIC && (kind === RECORD.accept || kind === RECORD.decide)
  if (!isEntry || u64At(words, at + 2) !== slot) return undefined
  const valueBytes = words[at + 1]! >>> 0
  const proofBytes = words[at + 10]! >>> 0
  if (content + valueBytes + proofBytes > limit) return undefined
  const from = start + content
  const hasProof = ((head >>> 24) & HAS_PROOF) !== 0
  return {
    ballot: { round: u64At(words, at + 4), nodeId: u64At(words, at + 6) },
    value: new Uint8Array(buffer, from, valueBytes),
    proof: hasProof ? new Uint8Array(buffer, from + valueBytes, proofBytes) : undefined,
  }
}

/** The checksum of the record that `mappedEntry` found, where it is what was written at this position of the log. */
export function mappedChecksum(
  { words }: WordMemory,
  offset: number,
  position: number,
  seed: number,
): number {
  return (words[(offset >>> 2) + CHECKSUM_WORD]! ^ maskAt(seed, position)) >>> 0
}

/** True when the record that `mappedEntry` found is what was written, at this position; its mark is not looked at. */
export function isMappedEntryIntact(
  { bytes, words }: WordMemory,
  offset: number,
  position: number,
  seed: number,
): boolean {
  const at = offset >>> 2
  if (!isHeaderIntact(words, at, position, seed)) return false
  const content = offset + RECORD_HEADER_BYTES
  const end = content + (words[at + 1]! >>> 0) + (words[at + 10]! >>> 0)
  return wordChecksum(bytes, words, content, end, 0) === words[at + 11]! >>> 0
}

/** The same of a decoded record. */
export function entryOf(record: StoredRecord | undefined, slot: number): StoredEntry | undefined {
  const isEntry = record?.kind === RECORD.accept || record?.kind === RECORD.decide
  if (!isEntry || record.a !== slot) return undefined
  const { b: round, c: nodeId, value, proof } = record
  return { ballot: { round, nodeId }, value, proof }
}
