import { randomBytes } from 'node:crypto'
import { checksum } from '../checksum.js'
import {
  decodeRecord,
  encodeRecord,
  isContentIntact,
  isRecordHeader,
  recordBytes,
  RECORD_HEADER_BYTES,
  type RecordFields,
  type StoredRecord,
} from '../segments/record.js'
import type { RegionFile, SegmentFile, SegmentFiles } from '../segments/segment-files.js'
import { SALT_BYTES } from '../segments/segment-header.js'
import { Slab, SLAB_UNIT_BYTES } from './slab.js'

/** The file behind the mutable region, in the engine's directory. */
export const REGION_NAME = 'region'

const MAGIC = Buffer.from('PLOGRGN1', 'latin1')
/**
 * `PLOGRGN1`, 16 bytes salt, u32 checksum of both, u32 zero, two tallies of 4 bytes; the rest of the page is zero.
 * Entries follow. A tally is the sum of the checksums of all entries: one as of before the change under way, one as of
 * after it. So an entry that rotted away is told from one that the crash came in the middle of.
 */
const HEADER_BYTES = 4096
const CHECKSUM_AT = MAGIC.byteLength + SALT_BYTES
const TALLY_AT = { before: 32, after: 36 }
const TALLY_BYTES = 4
/** The file grows in these steps, in bytes. */
const STEP_BYTES = 1024 * 1024

/**
 * Accepted entries that were acknowledged below power-loss: in memory, with a file behind it. They outlive the process.
 * After a power cut the file may hold any mixture of pages, and nothing in it is believed.
 *
 * An entry is an accept record (see the byte map in record.ts) at a multiple of 64, its position the offset in the file,
 * its `link` the end of the tail when it was accepted: it counts behind every record below that and before every other.
 * An entry that is given back loses its magic number.
 */
export class MutableRegion {
  readonly #file: RegionFile
  readonly #seed: number
  readonly #slab: Slab
  #tally = 0
  #record = Buffer.alloc(0)

  private constructor(file: RegionFile, salt: Buffer) {
    this.#file = file
    this.#seed = checksum(salt, 0, SALT_BYTES, 0)
    this.#slab = new Slab(HEADER_BYTES, file.bytes.byteLength)
  }

  /** An empty region with a salt of its own; what an earlier session left is gone. */
  static async create(files: SegmentFiles, capacity: number): Promise<MutableRegion> {
    const file = await files.createRegion(REGION_NAME, capacity)
    file.extend(HEADER_BYTES)
    const salt = randomBytes(SALT_BYTES)
    MAGIC.copy(file.bytes, 0)
    salt.copy(file.bytes, MAGIC.byteLength)
    file.bytes.writeUInt32LE(checksum(file.bytes, 0, CHECKSUM_AT, 0), CHECKSUM_AT)
    file.stored(0, HEADER_BYTES)
    return new MutableRegion(file, salt)
  }

  /** Bytes in use, rounding included. */
  get used(): number {
    return this.#slab.used
  }

  /** Stores an entry; the operating system has it on return. `undefined`: there is no room. */
  store(fields: RecordFields): number | undefined {
    const bytes = recordBytes(fields.value?.byteLength ?? 0, fields.proof?.byteLength ?? 0)
    const offset = this.#slab.take(bytes)
    if (offset === undefined) return undefined
    if (this.#slab.end > this.#file.size && !this.#extend()) {
      this.#slab.give(offset, bytes)
      return undefined
    }
    if (bytes > this.#record.byteLength) this.#record = Buffer.alloc(bytes)
    // Encoded elsewhere: where the file is the memory, nobody may find the entry before the tally that counts it.
    encodeRecord(this.#record, 0, offset, this.#seed, fields)
    this.#change(this.#tally + decodeRecord(this.#record, 0).checksum, () => {
      this.#record.copy(this.#file.bytes, offset, 0, bytes)
      this.#file.stored(offset, bytes)
    })
    return offset
  }

  /** The entry at an offset, as a view that lives until it is given back; `undefined` when it is damaged. */
  read(offset: number): StoredRecord | undefined {
    return readEntry(this.#file.bytes, offset, this.#file.size, this.#seed)
  }

  /** The entry is superseded by something that survives as much. */
  free(offset: number): void {
    const { bytes } = this.#file
    const { bytes: size, checksum: sum } = decodeRecord(bytes, offset)
    this.#change(this.#tally - sum, () => {
      bytes.writeUInt16LE(0, offset)
      this.#file.stored(offset, 2)
    })
    this.#slab.give(offset, size)
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  /** At every moment the entries add up to one of the two tallies. */
  #change(tally: number, store: () => void): void {
    this.#tally = tally >>> 0
    this.#writeTally(TALLY_AT.after)
    store()
    this.#writeTally(TALLY_AT.before)
  }

  #writeTally(offset: number): void {
    this.#file.bytes.writeUInt32LE(this.#tally, offset)
    this.#file.stored(offset, TALLY_BYTES)
  }

  /** False when the device gives no room: the entry then goes to the tail, and if that finds none either, it tells. */
  #extend(): boolean {
    const { size, bytes } = this.#file
    const wanted = Math.ceil((this.#slab.end - size) / STEP_BYTES) * STEP_BYTES
    try {
      this.#file.extend(Math.min(size + wanted, bytes.byteLength))
      return true
    } catch (cause) {
      // Nothing was stored there yet, so that no entry is in doubt whatever the reason is.
      if (cause instanceof Error && 'syscall' in cause) return false
      throw cause
    }
  }
}

function readEntry(bytes: Buffer, offset: number, limit: number, seed: number): StoredRecord | undefined {
  if (!isRecordHeader(bytes, offset, limit, offset, seed) || !isContentIntact(bytes, offset, seed))
    return undefined
  return decodeRecord(bytes, offset)
}

/** What a crashed process of this boot left in a region. */
export interface ScannedRegion {
  /** All intact entries; the bytes are copies. */
  readonly entries: StoredRecord[]
  /** Those are all that there were. */
  readonly isWhole: boolean
}

/** Reads the region of a crashed process of this boot. */
export function scanRegion(file: SegmentFile): ScannedRegion {
  if (file.size < HEADER_BYTES) return NO_REGION
  const bytes = Buffer.from(file.view(0, file.size))
  if (!MAGIC.equals(bytes.subarray(0, MAGIC.byteLength))) return NO_REGION
  if (checksum(bytes, 0, CHECKSUM_AT, 0) !== bytes.readUInt32LE(CHECKSUM_AT)) return NO_REGION
  const seed = checksum(bytes, MAGIC.byteLength, CHECKSUM_AT, 0)
  const entries: StoredRecord[] = []
  let tally = 0
  for (let offset = HEADER_BYTES; offset + RECORD_HEADER_BYTES <= bytes.byteLength;) {
    const entry = readEntry(bytes, offset, bytes.byteLength, seed)
    if (entry) {
      entries.push(entry)
      tally = (tally + entry.checksum) >>> 0
    }
    offset += Math.ceil((entry?.bytes ?? 1) / SLAB_UNIT_BYTES) * SLAB_UNIT_BYTES
  }
  const isWhole = [TALLY_AT.before, TALLY_AT.after].some((at) => bytes.readUInt32LE(at) === tally)
  return { entries, isWhole }
}

/** A region that is not there, or not one. */
export const NO_REGION: ScannedRegion = { entries: [], isWhole: false }
