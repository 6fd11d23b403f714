import { decodeGroupHeader, GROUP_HEADER_BYTES } from './group.js'
import { isRecordHeader, RECORD_ALIGNMENT_BYTES, RECORD_HEADER_BYTES, storedBytes } from './record.js'

/** A stretch behind the last whole group of a segment that nobody sealed. */
export interface UnusedRequest {
  readonly bytes: Buffer
  readonly from: number
  readonly base: number
  readonly seed: number
  /** The file was a segment before: what is no trace of a group is an older byte. Otherwise it is a zero. */
  readonly isRecycled: boolean
}

/**
 * Where the traces of a group that was not written whole end; `from` when there are none: then the stretch is prepared
 * space. In a file that was zeros every other byte is a trace; in a recycled one a frame or a record whose checksum
 * starts from this segment's salt is.
 */
export function tracesEnd(request: UnusedRequest): number {
  return request.isRecycled ? framedEnd(request) : lastNonZero(request)
}

function lastNonZero({ bytes, from }: UnusedRequest): number {
  let end = bytes.byteLength
  while (end > from && bytes[end - 1] === 0) end--
  return end
}

function framedEnd({ bytes, from, base, seed }: UnusedRequest): number {
  const limit = bytes.byteLength
  const header = decodeGroupHeader(bytes, from, limit, base + from, seed)
  let end = header ? Math.min(from + GROUP_HEADER_BYTES + header.bodyBytes, limit) : from
  for (let at = from; at + RECORD_HEADER_BYTES <= limit; at += RECORD_ALIGNMENT_BYTES) {
    if (!isRecordHeader(bytes, at, limit, base + at, seed)) continue
    at += storedBytes(bytes, at) - RECORD_ALIGNMENT_BYTES
    end = Math.max(end, Math.min(at + RECORD_ALIGNMENT_BYTES, limit))
  }
  return end
}
