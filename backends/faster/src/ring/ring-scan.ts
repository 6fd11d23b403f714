import { maskAt } from '../checksum.js'
import {
  decodeRecord,
  isContentIntact,
  markOf,
  markWord,
  RECORD,
  type StoredRecord,
} from '../segments/record.js'
import type { SegmentFile } from '../segments/segment-files.js'
import { wordMemory, type WordMemory } from '../word-memory.js'
import { CONTROL, decodeRingHeader, isSkip, RING_HEADER_BYTES, RING_UNIT_BYTES } from './ring-layout.js'

/** A record that a crashed process of this boot left in the ring. */
export interface RingEntry {
  readonly position: number
  /**
   * It counts behind everything in the tail below this position and before everything else; it never sinks from entry
   * to entry.
   */
  readonly order: number
  readonly isDecided: boolean
  readonly record: StoredRecord
}

/** What a crashed process of this boot left in the ring. */
export interface ScannedRing {
  /** All intact records, in the order of the calls; the bytes are copies. */
  readonly entries: readonly RingEntry[]
  /** Those are all that there were. */
  readonly isWhole: boolean
}

/** A ring that is not there, or not one. */
export const NO_RING: ScannedRing = { entries: [], isWhole: false }

/** Reads the ring of a crashed process of this boot. */
export function scanRing(file: SegmentFile): ScannedRing {
  const bytes = Buffer.allocUnsafeSlow(Math.floor(file.size / RING_UNIT_BYTES) * RING_UNIT_BYTES)
  file.readInto(bytes, 0)
  const header = decodeRingHeader(bytes)
  return header ? scanMemory(wordMemory(bytes), header.capacity, header.seed) : NO_RING
}

/**
 * Walks from where the ring is reclaimed to. Up to the frontier, records and skips follow each other without a gap: what
 * is not intact there has rotted, and the walk goes on at the next intact record behind it. Beyond it there is at most
 * what was being written when the crash came (a record each by several writers), and records whose writer did not live to
 * move the frontier.
 */
export function scanMemory(memory: WordMemory, capacity: number, seed: number): ScannedRing {
  const { words, bytes } = memory
  const start = startOf(words, capacity)
  const frontier = start + distance(start, words[CONTROL.frontier]!)
  const limit = start + capacity
  const reserved = Math.min(Math.max(start + distance(start, words[CONTROL.reserved]!), frontier), limit)
  let isWhole = frontier >= start && frontier <= limit
  let order = 0
  const entries: RingEntry[] = []
  for (let position = start; position < limit;) {
    const inLap = position % capacity
    const offset = RING_HEADER_BYTES + inLap
    const mask = maskAt(seed, position)
    if (isSkip(memory, offset, mask, capacity - inLap)) {
      position += capacity - inLap
      continue
    }
    const found = recordAt(bytes, offset, position, seed)
    if (found) {
      order = Math.max(order, found.record.link)
      entries.push({ position, order, ...found })
      position += found.record.bytes
    } else if (position < reserved) {
      if (position < frontier) isWhole = false
      position += RING_UNIT_BYTES
    } else break
  }
  return { entries, isWhole }
}

/**
 * The lower of the two, where a crash came between them or one has rotted; but not one that the frontier says is
 * impossible.
 */
function startOf(words: Int32Array, capacity: number): number {
  const first = (words[CONTROL.reclaimed]! >>> 0) * RING_UNIT_BYTES
  const again = distance(first, words[CONTROL.reclaimedAgain]!)
  const used = distance(first, words[CONTROL.frontier]!)
  const isFirstPossible = used >= 0 && used <= capacity
  const isAgainPossible = used - again >= 0 && used - again <= capacity
  if (isFirstPossible !== isAgainPossible) return isFirstPossible ? first : first + again
  return first + Math.min(again, 0)
}

/** From a position to a control word that is less than 16 GiB away. */
function distance(position: number, word: number): number {
  return ((word - ((position / RING_UNIT_BYTES) | 0)) | 0) * RING_UNIT_BYTES
}

function recordAt(
  bytes: Buffer,
  offset: number,
  position: number,
  seed: number,
): { readonly record: StoredRecord; readonly isDecided: boolean } | undefined {
  const mark = markOf(bytes, offset, bytes.byteLength, position, seed)
  if (mark === undefined || !isContentIntact(bytes, offset)) return undefined
  const record = decodeRecord(bytes, offset, maskAt(seed, position))
  if (mark === 0) return { record, isDecided: record.kind !== RECORD.accept }
  const isMarked = record.kind === RECORD.accept && mark === markWord(record.checksum)
  return isMarked ? { record, isDecided: true } : undefined
}
