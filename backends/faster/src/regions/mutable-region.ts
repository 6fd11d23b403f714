import { randomBytes } from 'node:crypto'
import { checksum } from '../checksum.js'
import {
  decodeRecord,
  encodeRecord,
  isContentIntact,
  isRecordHeader,
  recordBytes,
  RECORD_HEADER_BYTES,
  storedBytes,
  type RecordFields,
  type StoredRecord,
} from '../segments/record.js'
import type { RegionFile, SegmentFile, SegmentFiles } from '../segments/segment-files.js'
import { SALT_BYTES } from '../segments/segment-header.js'
import { Slab, SLAB_UNIT_BYTES } from './slab.js'

/** The file behind the mutable region, in the engine's directory. */
export const REGION_NAME = 'region'

const MAGIC = Buffer.from('PLOGRGN1', 'latin1')
/** `PLOGRGN1`, 16 bytes salt, u32 checksum of both; the rest of the page is zero. Entries follow. */
const HEADER_BYTES = 4096
const CHECKSUM_AT = MAGIC.byteLength + SALT_BYTES
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
    encodeRecord(this.#file.bytes, offset, offset, this.#seed, fields)
    this.#file.stored(offset, bytes)
    return offset
  }

  /** The entry at an offset, as a view that lives until it is given back; `undefined` when it is damaged. */
  read(offset: number): StoredRecord | undefined {
    return readEntry(this.#file.bytes, offset, this.#file.size, this.#seed)
  }

  /** The entry is superseded by something that survives as much. */
  free(offset: number): void {
    const { bytes } = this.#file
    const size = storedBytes(bytes, offset)
    bytes.writeUInt16LE(0, offset)
    this.#file.stored(offset, 2)
    this.#slab.give(offset, size)
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  /** False when the device has no room: the entry then goes to the tail, and if that finds none either, it tells. */
  #extend(): boolean {
    const { size, bytes } = this.#file
    const wanted = Math.ceil((this.#slab.end - size) / STEP_BYTES) * STEP_BYTES
    try {
      this.#file.extend(Math.min(size + wanted, bytes.byteLength))
      return true
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOSPC') return false
      throw cause
    }
  }
}

function readEntry(bytes: Buffer, offset: number, limit: number, seed: number): StoredRecord | undefined {
  if (!isRecordHeader(bytes, offset, limit, offset, seed) || !isContentIntact(bytes, offset, seed))
    return undefined
  return decodeRecord(bytes, offset)
}

/** All intact entries of a region that a crashed process of this boot left; the bytes are copies. */
export function scanRegion(file: SegmentFile): StoredRecord[] {
  if (file.size < HEADER_BYTES) return []
  const bytes = Buffer.from(file.view(0, file.size))
  if (!MAGIC.equals(bytes.subarray(0, MAGIC.byteLength))) return []
  if (checksum(bytes, 0, CHECKSUM_AT, 0) !== bytes.readUInt32LE(CHECKSUM_AT)) return []
  const seed = checksum(bytes, MAGIC.byteLength, CHECKSUM_AT, 0)
  const entries: StoredRecord[] = []
  for (let offset = HEADER_BYTES; offset + RECORD_HEADER_BYTES <= bytes.byteLength;) {
    const entry = readEntry(bytes, offset, bytes.byteLength, seed)
    if (entry) entries.push(entry)
    offset += Math.ceil((entry?.bytes ?? 1) / SLAB_UNIT_BYTES) * SLAB_UNIT_BYTES
  }
  return entries
}
