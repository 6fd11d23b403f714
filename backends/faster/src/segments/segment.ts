import type { Ballot, StoredEntry } from '@persistent-log/core/backend'
import { checksum } from '../checksum.js'
import type { WordMemory } from '../word-memory.js'
import { intactRecord, MARK_WORD, RECORD_HEADER_BYTES, storedBytes, type StoredRecord } from './record.js'
import type { SegmentFile } from './segment-files.js'
import type { SegmentHeader } from './segment-header.js'
import { entryOf, isMappedEntryIntact, mappedChecksum, mappedEntry } from './stored-entry.js'
import { VerifiedRecords } from './verified-records.js'

const NAME = /^tail-(\d{10})\.log$/
/** Ending of a segment that is being written; the next open removes what a crash left. */
export const UNPUBLISHED_SUFFIX = '.new'

/** The file of a segment; names sort by number. */
export const segmentName = (number: number): string => `tail-${String(number).padStart(10, '0')}.log`

/** The number in the name of a published segment. */
export function segmentNumber(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** A record is read at once up to this size, in bytes. */
const NEAR_BYTES = 1024

/** One file of the tail. Positions are `base` + offset and never repeat in a log. */
export class Segment {
  readonly header: SegmentHeader
  readonly file: SegmentFile
  /** Every checksum in this segment starts from it. */
  readonly seed: number
  /** The offset behind the last whole group. */
  end: number
  /** Groups below this offset are there by the word of a footer: nobody has read them since the file was opened. */
  unreadBelow = 0
  /** It was begun since the log was opened, and no other was since. */
  isGrowing: boolean
  /** Accepts and decisions that were ever written here, superseded ones too. */
  writtenSlots = 0
  readonly #verified = new VerifiedRecords()

  constructor(header: SegmentHeader, file: SegmentFile, end: number, isGrowing = false) {
    this.header = header
    this.file = file
    this.seed = checksum(header.salt, 0, header.salt.byteLength, 0)
    this.end = end
    this.isGrowing = isGrowing
  }

  get name(): string {
    return segmentName(this.header.number)
  }

  /**
   * The accept or the decision of a slot at an offset, as views; `undefined` when it is not what was written. Where the
   * file is mapped, a record is verified when it is looked at first since the file was opened.
   */
  entry(offset: number, slot: number): StoredEntry | undefined {
    const { file, header, seed } = this
    const memory = this.#memory(offset)
    if (!memory) return entryOf(this.record(offset), slot)
    const entry = mappedEntry(memory, offset, file.size, slot)
    if (!entry || this.#verified.has(offset)) return entry
    if (memory.words[(offset >>> 2) + MARK_WORD] !== 0) return undefined
    if (!isMappedEntryIntact(memory, offset, header.base + offset, seed)) return undefined
    this.#verified.add(offset)
    return entry
  }

  /** The checksum of what `entry` finds there under this ballot, from which a mark on it is derived. */
  entryChecksum(offset: number, slot: number, ballot: Ballot): number | undefined {
    const { header, seed } = this
    const memory = this.#memory(offset)
    const record = memory ? undefined : this.record(offset)
    const entry = memory ? this.entry(offset, slot) : entryOf(record, slot)
    if (entry?.ballot.round !== ballot.round || entry.ballot.nodeId !== ballot.nodeId) return undefined
    return memory ? mappedChecksum(memory, offset, header.base + offset, seed) : record?.checksum
  }

  /** The whole file, where it is looked at often. */
  #memory(offset: number): WordMemory | undefined {
    const { file, isGrowing } = this
    return offset < file.size ? file.mapForLooks(file.size, isGrowing) : undefined
  }

  /** True when the position lies between the first byte and the end of the last group. */
  holds(position: number): boolean {
    const offset = position - this.header.base
    return offset >= 0 && offset < this.end
  }

  /** The record at an offset, verified; `undefined` when it is not what was written. */
  record(offset: number): StoredRecord | undefined {
    const { file, header, seed } = this
    if (offset + RECORD_HEADER_BYTES > file.size) return undefined
    // Most records fit into the first look.
    const near = file.view(offset, Math.min(NEAR_BYTES, file.size - offset))
    const bytes = storedBytes(near, 0)
    if (offset + bytes > file.size) return undefined
    const whole = bytes <= near.byteLength ? near : file.view(offset, bytes)
    return intactRecord(whole, 0, bytes, header.base + offset, seed)
  }
}

/** Durably takes off what stands behind the last group; of a compressed segment that is a footer, which stays. */
export async function cut({ file, end }: Segment): Promise<void> {
  if (file.size <= end || file.isCompressed) return
  await file.truncate(end)
  await file.flush()
}
