import { checksum, maskAt } from '../checksum.js'
import { decodeGroupHeader, GROUP_HEADER_BYTES, type GroupHeader, type GroupSummary } from './group.js'
import {
  decodeRecord,
  isContentIntact,
  isRecordHeader,
  RECORD_ALIGNMENT_BYTES,
  RECORD_HEADER_BYTES,
  storedBytes,
  type RecordKind,
  type StoredRecord,
} from './record.js'
import { SEGMENT_HEADER_BYTES } from './segment-header.js'
import type { Segment } from './segment.js'
import type { SegmentWindow } from './segment-window.js'
import { tracesEnd } from './unused-space.js'

/** A record and the offset of its first byte. */
export interface FoundRecord {
  readonly offset: number
  readonly record: StoredRecord
}

/** What may have been in damaged bytes: `undefined` fields mean that nothing is known. */
export interface Lost {
  readonly kinds: number | undefined
  /** Half-open, each. */
  readonly slots: readonly { readonly from: number; readonly to: number }[] | undefined
}

/** A whole group. */
export interface IntactStretch {
  readonly kind: 'group'
  readonly from: number
  readonly to: number
  readonly header: GroupHeader
}

/** Bytes that are not what was written, and the records in them that are intact all the same. */
export interface DamagedStretch {
  readonly kind: 'damage'
  readonly from: number
  readonly to: number
  readonly reason: string
  readonly header: GroupHeader | undefined
  readonly records: readonly FoundRecord[]
  readonly lost: Lost
}

/** A segment is a sequence of these without a gap. */
export type Stretch = IntactStretch | DamagedStretch

/** A segment to scan. */
export interface ScanRequest {
  readonly base: number
  readonly seed: number
  /** The sequence number that the first group must have. */
  readonly firstSequence: number
  /** The first group of the next segment, where there is one: it tells about the last group here. */
  readonly successor?: GroupHeader | undefined
  /** Nobody says where the segment ends: behind its last group there may be prepared space. */
  readonly unused?: { readonly isRecycled: boolean } | undefined
}

/** The segment from its first byte to where it ends. */
interface ScannedBytes extends ScanRequest {
  readonly bytes: Buffer
}

/** How far a segment was read, and what the next group has to follow. */
interface ScanPlace {
  readonly offset: number
  readonly sequence: number
  readonly before: GroupHeader | undefined
}

const SLOT_KINDS = (1 << 1) | (1 << 2) | (1 << 3)
const NOTHING_LOST: Lost = { kinds: 0, slots: [] }
const ALL_LOST: Lost = { kinds: undefined, slots: undefined }

/** The records of an intact group; each is a view that lives until the window moves. */
export function* recordsIn(
  window: SegmentWindow,
  { header: { base }, seed }: Pick<Segment, 'header' | 'seed'>,
  from: number,
  to: number,
): Generator<FoundRecord> {
  for (let offset = from + GROUP_HEADER_BYTES; offset < to;) {
    const { bytes } = window.holding(from, to - from)
    const record = decodeRecord(bytes, offset - window.start, maskAt(seed, base + offset))
    yield { offset, record }
    offset += record.bytes
  }
}

/**
 * Splits a segment, which ends at `limit`, into whole groups and damaged stretches, one per step. As long as nothing is wrong,
 * the window holds the group of the step. Behind damage it goes on at the next intact frame, and inside damage it picks out
 * every record that has its own checksums right.
 */
export function* stretchesOf(window: SegmentWindow, limit: number, request: ScanRequest): Generator<Stretch> {
  const place = yield* wholeGroups(window, limit, request)
  if (place.offset >= limit) return
  const { file } = window
  yield* restOf(
    { ...request, bytes: file.map(limit)?.bytes.subarray(0, limit) ?? file.read(0, limit) },
    place,
  )
}

/** Up to the first that is not whole or does not follow. */
function* wholeGroups(
  window: SegmentWindow,
  limit: number,
  { base, seed, firstSequence }: ScanRequest,
): Generator<IntactStretch, ScanPlace> {
  let place: ScanPlace = {
    offset: Math.min(SEGMENT_HEADER_BYTES, limit),
    sequence: firstSequence,
    before: undefined,
  }
  for (;;) {
    const { offset: from, sequence, before } = place
    const header = from + GROUP_HEADER_BYTES > limit ? undefined : window.groupHeader(from, base, seed)
    if (!header || !follows(header, sequence, before)) return place
    const to = from + GROUP_HEADER_BYTES + header.bodyBytes
    if (to > limit) return place
    const { bytes } = window.holding(from, to - from)
    const { start } = window
    const body = checksum(bytes, from + GROUP_HEADER_BYTES - start, to - start, seed)
    if (body !== header.bodyChecksum) return place
    yield { kind: 'group', from, to, header }
    place = { offset: to, sequence: sequence + 1, before: header }
  }
}

function* restOf(request: ScannedBytes, place: ScanPlace): Generator<Stretch> {
  const { bytes, base, seed, successor } = request
  const limit = bytes.byteLength
  let { offset, sequence, before } = place
  while (offset < limit) {
    const header = decodeGroupHeader(bytes, offset, limit, base + offset, seed)
    if (header) {
      const stretch = follows(header, sequence, before)
        ? framed(request, offset, header)
        : foreign(request, offset, header)
      yield stretch
      sequence = header.sequence + 1
      before = header
      offset = stretch.to
      continue
    }
    const next = nextGroup(request, offset + RECORD_ALIGNMENT_BYTES)
    const to = next?.offset ?? endOfTraces(request, offset)
    before = undefined
    if (to === offset) break
    yield unframed(request, offset, to, sequence, next?.header ?? successor)
    if (!next) break
    offset = to
  }
}

/** Where a segment ends that ends in no group. What was prepared is no damage. */
function endOfTraces(request: ScannedBytes, offset: number): number {
  const { bytes, base, seed, unused } = request
  return unused ? tracesEnd({ bytes, base, seed, from: offset, ...unused }) : bytes.byteLength
}

/** Behind damage nothing is known about the group before. */
function follows(header: GroupHeader, sequence: number, before: GroupHeader | undefined): boolean {
  return !before || (header.sequence === sequence && header.previousChecksum === before.checksum)
}

/** A group that is intact but not the one that was written here: its records count, what was here is lost. */
function foreign(request: ScannedBytes, from: number, header: GroupHeader): DamagedStretch {
  const to = Math.min(from + GROUP_HEADER_BYTES + header.bodyBytes, request.bytes.byteLength)
  const { intact } = findRecords(request, from + GROUP_HEADER_BYTES, to)
  return {
    kind: 'damage',
    from,
    to,
    reason: 'a group does not follow the one before',
    header,
    records: intact,
    lost: ALL_LOST,
  }
}

function framed(request: ScannedBytes, from: number, header: GroupHeader): Stretch {
  const { bytes, seed } = request
  const end = from + GROUP_HEADER_BYTES + header.bodyBytes
  const isWhole = end <= bytes.byteLength
  if (isWhole && checksum(bytes, from + GROUP_HEADER_BYTES, end, seed) === header.bodyChecksum) {
    return { kind: 'group', from, to: end, header }
  }
  const to = Math.min(end, bytes.byteLength)
  const found = findRecords(request, from + GROUP_HEADER_BYTES, to)
  const lost = lostOf(found, header)
  const reason = isWhole ? 'the content of a group is damaged' : 'a group ends behind the end of the file'
  return { kind: 'damage', from, to, reason, header, records: found.intact, lost }
}

function unframed(
  request: ScannedBytes,
  from: number,
  to: number,
  sequence: number,
  next: GroupHeader | undefined,
): DamagedStretch {
  const found = findRecords(request, from, to)
  const isAccountedFor = found.located > 0 && to - from === GROUP_HEADER_BYTES + found.bytes
  let lost = ALL_LOST
  if (isAccountedFor) lost = lostOf(found, undefined)
  else if (next?.sequence === sequence) lost = NOTHING_LOST
  else if (next?.sequence === sequence + 1) lost = lostOf(found, next.previous)
  const reason = 'the frame of a group is damaged'
  return { kind: 'damage', from, to, reason, header: undefined, records: found.intact, lost }
}

interface Found {
  readonly intact: FoundRecord[]
  /** Records with an intact header and damaged content: what they were is known. */
  readonly damaged: { readonly kind: RecordKind; readonly slot: number }[]
  readonly located: number
  /** Of all located records. */
  readonly bytes: number
}

function findRecords({ bytes, base, seed }: ScannedBytes, from: number, to: number): Found {
  const intact: FoundRecord[] = []
  const damaged: { kind: RecordKind; slot: number }[] = []
  let total = 0
  for (let offset = from; offset + RECORD_HEADER_BYTES <= to;) {
    if (!isRecordHeader(bytes, offset, to, base + offset, seed)) {
      offset += RECORD_ALIGNMENT_BYTES
      continue
    }
    const record = decodeRecord(bytes, offset, maskAt(seed, base + offset))
    if (isContentIntact(bytes, offset)) intact.push({ offset, record })
    else damaged.push({ kind: record.kind, slot: record.a })
    total += storedBytes(bytes, offset)
    offset += storedBytes(bytes, offset)
  }
  return { intact, damaged, located: intact.length + damaged.length, bytes: total }
}

/** Exactly the damaged records where every record was found; otherwise whatever the group says that it held. */
function lostOf(found: Found, summary: GroupSummary | undefined): Lost {
  if (summary && found.located < summary.records) {
    const { kinds, lowest, end } = summary
    return { kinds, slots: end > 0 ? [{ from: lowest, to: end }] : [] }
  }
  let kinds = 0
  for (const one of found.damaged) kinds |= 1 << one.kind
  const named = found.damaged.filter((one) => ((1 << one.kind) & SLOT_KINDS) !== 0)
  return { kinds, slots: named.map(({ slot }) => ({ from: slot, to: slot + 1 })) }
}

function nextGroup(
  { bytes, base, seed }: ScannedBytes,
  from: number,
): { readonly offset: number; readonly header: GroupHeader } | undefined {
  for (let offset = from; offset + GROUP_HEADER_BYTES <= bytes.byteLength; offset += RECORD_ALIGNMENT_BYTES) {
    const header = decodeGroupHeader(bytes, offset, bytes.byteLength, base + offset, seed)
    if (header) return { offset, header }
  }
  return undefined
}
