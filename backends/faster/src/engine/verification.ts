import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  isPersistentLogError,
  type BlobStore,
  type Damage,
  type EngineVerification,
} from '@persistent-log/core/backend'
import { placeOf } from '../regions/address.js'
import type { SlotTable } from '../regions/slot-table.js'
import type { Segment } from '../segments/segment.js'
import { scanSegment, type DamagedStretch } from '../segments/segment-scan.js'
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES } from '../segments/segment-header.js'
import type { Tail } from '../segments/tail.js'

/** What a verification reads. */
export interface VerificationParts {
  readonly tail: Tail
  readonly table: SlotTable
  readonly readRegion: (offset: number) => unknown
  readonly blobs: BlobStore
  /** Of the checkpoints that there are now. */
  readonly blobNames: () => readonly string[]
  readonly logId: Buffer
  readonly signal: AbortSignal | undefined
}

/** Reads every stored byte as of the call, a segment per turn of the event loop. */
export async function verifyEverything(parts: VerificationParts): Promise<EngineVerification> {
  const { tail, table, blobs, blobNames, logId, signal } = parts
  const scope = tail.segments.map((segment) => ({ segment, end: segment.end }))
  let slots = 0
  const names = blobNames()
  const damaged: Damage[] = []
  let bytes = 0
  for (const { segment, end } of scope) {
    signal?.throwIfAborted()
    // Compaction may have taken it meanwhile: then nothing that counts was in it.
    if (!tail.segments.includes(segment)) continue
    bytes += end
    for (const _ of table.liveIn(segment)) slots++
    damaged.push(...verifySegment(segment, end, table, logId))
    await nextTurn()
  }
  for (const [slot, address] of table.inRegion()) {
    slots++
    if (parts.readRegion(placeOf(address)) !== undefined) continue
    damaged.push({ reason: 'an entry of the mutable region is damaged', slots: { from: slot, to: slot + 1 } })
  }
  for (const blob of names) {
    try {
      for await (const chunk of blobs.read(blob)) {
        bytes += chunk.byteLength
        signal?.throwIfAborted()
      }
    } catch (error) {
      if (!isPersistentLogError(error, 'PLOG_CORRUPTED')) throw error
      // A prune may have removed it meanwhile.
      if (!blobNames().includes(blob)) continue
      damaged.push({ reason: error.message, file: error.context.file, offset: error.context.offset })
    }
  }
  return { slots, bytes, damaged }
}

function verifySegment(segment: Segment, end: number, table: SlotTable, logId: Buffer): Damage[] {
  const { header, file, seed, name } = segment
  const bytes = file.view(0, end)
  const found: Damage[] = []
  const head = decodeSegmentHeader(bytes.subarray(0, SEGMENT_HEADER_BYTES), logId)
  if ('header' in head && head.damagedAt !== undefined) {
    found.push({ reason: 'a copy of the header is damaged', file: `engine/${name}`, offset: head.damagedAt })
  }
  for (const stretch of scanSegment({
    bytes,
    base: header.base,
    seed,
    firstSequence: header.firstSequence,
  })) {
    if (stretch.kind === 'damage') found.push(...damageIn(stretch, segment, table))
  }
  const index = table.sealed.find((one) => one.segment === segment)
  if (index?.isFooterIntact() === false) {
    found.push({ reason: 'the footer of a segment is damaged', file: `engine/${name}`, offset: end })
  }
  return found
}

/** A slot is hit when its newest version lies in the stretch and is not one of the records that are intact. */
function damageIn(stretch: DamagedStretch, segment: Segment, table: SlotTable): Damage[] {
  const { header, name } = segment
  const intact = new Set(stretch.records.map(({ offset }) => header.base + offset))
  const about = { reason: stretch.reason, file: `engine/${name}`, offset: stretch.from }
  const hit: Damage[] = []
  for (const [slot, address] of table.liveIn(segment)) {
    const place = placeOf(address)
    const isInside = place >= header.base + stretch.from && place < header.base + stretch.to
    if (!isInside || intact.has(place)) continue
    hit.push({ ...about, slots: { from: slot, to: slot + 1 } })
  }
  return hit.length > 0 ? hit : [about]
}
