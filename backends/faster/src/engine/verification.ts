import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  isPersistentLogError,
  type BlobStore,
  type Damage,
  type EngineVerification,
} from '@persistent-log/core/backend'
import { CompressedFile } from '../compression/compressed-file.js'
import { placeOf } from '../regions/address.js'
import type { SlotTable } from '../regions/slot-table.js'
import type { Segment } from '../segments/segment.js'
import { stretchesOf, type DamagedStretch } from '../segments/segment-scan.js'
import { SegmentWindow } from '../segments/segment-window.js'
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

/** Read in one turn of the event loop, in bytes; a group is read whole. */
const STEP_BYTES = 512 * 1024
/** Stretches of the index counted in one turn. */
const STEP_STRETCHES = 32

/** Reads every stored byte as of the call, a little per turn of the event loop. */
export async function verifyEverything(parts: VerificationParts): Promise<EngineVerification> {
  const { tail, table, blobs, blobNames, signal } = parts
  const scope = tail.segments.map(({ header, end }) => ({ number: header.number, end }))
  let slots = 0
  const names = blobNames()
  const damaged: Damage[] = []
  let bytes = 0
  for (const { number, end } of scope) {
    signal?.throwIfAborted()
    const current = (): Segment | undefined => tail.segments.find(({ header }) => header.number === number)
    let found: VerifiedSegment | undefined
    // Once more where it is in another file by now.
    for (let segment = current(); segment && !found; segment = current()) {
      found = await verifySegment(parts, segment, end)
    }
    // Compaction has taken it meanwhile: nothing that counts was in it.
    if (!found) continue
    bytes += end
    slots += found.slots
    damaged.push(...found.damaged)
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

interface VerifiedSegment {
  readonly slots: number
  readonly damaged: readonly Damage[]
}

/** `undefined` when the segment is retired, or in another file by now, and its memory is gone. */
async function verifySegment(
  { tail, table, logId, signal }: VerificationParts,
  segment: Segment,
  end: number,
): Promise<VerifiedSegment | undefined> {
  const { header, file, seed, name } = segment
  const isThere = (): boolean => tail.segments.includes(segment)
  const turn = async (): Promise<boolean> => {
    await nextTurn()
    signal?.throwIfAborted()
    return isThere()
  }
  if (!isThere()) return undefined
  const damaged: Damage[] = []
  const head = decodeSegmentHeader(file.read(0, SEGMENT_HEADER_BYTES), logId)
  if ('header' in head && head.damagedAt !== undefined) {
    damaged.push({
      reason: 'a copy of the header is damaged',
      file: `engine/${name}`,
      offset: head.damagedAt,
    })
  }
  let next = STEP_BYTES
  const { base, firstSequence } = header
  for (const stretch of stretchesOf(new SegmentWindow(file), end, { base, seed, firstSequence })) {
    if (stretch.kind === 'damage') damaged.push(...damageIn(stretch, segment, table))
    if (stretch.to < next) continue
    next = stretch.to + STEP_BYTES
    if (!(await turn())) return undefined
  }
  let slots = 0
  let stretches = 0
  for (const live of table.liveIn(segment)) {
    slots += live.length
    if (++stretches % STEP_STRETCHES === 0 && !(await turn())) return undefined
  }
  const index = table.sealed.find((one) => one.segment === segment)
  if (index?.isFooterIntact() === false) {
    damaged.push({ reason: 'the footer of a segment is damaged', file: `engine/${name}`, offset: end })
  }
  const spare = file instanceof CompressedFile ? file.damagedSpare() : undefined
  if (spare !== undefined) {
    const reason = 'of what a compressed segment holds twice, one is damaged'
    damaged.push({ reason, file: `engine/${name}`, offset: spare })
  }
  return (await turn()) ? { slots, damaged } : undefined
}

/** A slot is hit when its newest version lies in the stretch and is not one of the records that are intact. */
function damageIn(stretch: DamagedStretch, segment: Segment, table: SlotTable): Damage[] {
  const { header, name } = segment
  const intact = new Set(stretch.records.map(({ offset }) => header.base + offset))
  const about = { reason: stretch.reason, file: `engine/${name}`, offset: stretch.from }
  const hit: Damage[] = []
  for (const slots of table.liveIn(segment)) {
    for (const slot of slots) {
      const place = placeOf(table.get(slot))
      const isInside = place >= header.base + stretch.from && place < header.base + stretch.to
      if (!isInside || intact.has(place)) continue
      hit.push({ ...about, slots: { from: slot, to: slot + 1 } })
    }
  }
  return hit.length > 0 ? hit : [about]
}
