import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { deflateRaw, inflateRaw } from 'node:zlib'
import { checksum } from '../checksum.js'
import { writeU64 } from '../integers.js'
import type { SegmentFile } from '../segments/segment-files.js'
import { SEGMENT_HEADER_BYTES } from '../segments/segment-header.js'
import {
  blockBytes,
  blockChecksum,
  blocksIn,
  encodeCompressedHead,
  firstBlockAt,
  FRAME_BYTES,
  KEPT_HEADER_AT,
  PLACE_BYTES,
  PLACES_AT,
} from './compressed-layout.js'

const deflated = promisify(deflateRaw)
const inflated = promisify(inflateRaw)

/** What saves less than this part of a segment is not worth what a read of it costs then. */
const LEAST_SAVED = 0.1
/** That is judged after so many blocks for the first time. */
const FIRST_JUDGED = 32
/** Written at once, in bytes. */
const PIECE_BYTES = 256 * 1024

/**
 * Writes what stands in `from`, a whole segment, into `to` as a compressed one, and flushes it. False where that would save
 * little, or as soon as `goesOn` says no: `to` is nothing then. Deflating and inflating run in the thread pool; no block is
 * written that was not inflated again and compared.
 */
export async function writeCompressed(
  from: SegmentFile,
  to: SegmentFile,
  goesOn: () => boolean,
): Promise<boolean> {
  const { size } = from
  const seed = randomBytes(4).readUInt32LE(0)
  const count = blocksIn(size)
  const places = Buffer.alloc((count + 1) * PLACE_BYTES)
  const piece: Buffer[] = []
  let pieceBytes = 0
  let at = firstBlockAt(size)
  const flushPiece = async (): Promise<void> => {
    await to.write(Buffer.concat(piece.splice(0)), at - pieceBytes)
    pieceBytes = 0
  }
  let read = 0
  let written = 0
  for (let block = 0; block < count; block++) {
    if (!goesOn()) return false
    writeU64(places, block * PLACE_BYTES, at)
    const bytes = Buffer.allocUnsafe(blockBytes(size, block))
    from.readInto(bytes, SEGMENT_HEADER_BYTES + read)
    const stored = await smaller(bytes)
    piece.push(frameOf(stored, seed, block), stored)
    const took = FRAME_BYTES + stored.byteLength
    pieceBytes += took
    at += took
    read += bytes.byteLength
    written += took
    const isJudged = block + 1 === FIRST_JUDGED || block + 1 === count
    if (isJudged && written > read * (1 - LEAST_SAVED)) return false
    if (pieceBytes >= PIECE_BYTES) await flushPiece()
  }
  writeU64(places, count * PLACE_BYTES, at)
  await flushPiece()
  await to.write(places, PLACES_AT)
  await to.write(from.read(0, SEGMENT_HEADER_BYTES), KEPT_HEADER_AT)
  const placesChecksum = checksum(places, 0, places.byteLength, seed)
  await to.write(encodeCompressedHead({ size, seed, placesChecksum }), 0)
  await to.flush()
  return true
}

function frameOf(stored: Buffer, seed: number, block: number): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES)
  frame.writeUInt32LE(stored.byteLength, 0)
  frame.writeUInt32LE(blockChecksum(stored, seed, block), 4)
  return frame
}

/** The block deflated, where that is less and comes to the same again. */
async function smaller(bytes: Buffer): Promise<Buffer> {
  const less = await deflated(bytes)
  if (less.byteLength >= bytes.byteLength) return bytes
  return (await inflated(less)).equals(bytes) ? less : bytes
}
