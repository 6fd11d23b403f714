import { effectOf } from '../engine/record-fields.js'
import type { EffectEncoder } from '../engine/effect-encoder.js'
import { resolveWrite, type PendingSlots } from '../engine/pending-slots.js'
import { newWrite, type StoredEffect } from '../engine/stored-effect.js'
import { placeOf } from '../regions/address.js'
import type { SlotTable } from '../regions/slot-table.js'
import { footerEnd } from '../sealing/footer.js'
import { GROUP_HEADER_BYTES, type GroupHeader } from '../segments/group.js'
import { GroupBuilder } from '../segments/group-builder.js'
import { RECORD, type StoredRecord } from '../segments/record.js'
import type { Segment } from '../segments/segment.js'
import { SEGMENT_HEADER_BYTES } from '../segments/segment-header.js'
import {
  firstGroupOf,
  recordsIn,
  scanSegment,
  type IntactStretch,
  type Stretch,
} from '../segments/segment-scan.js'
import { FIRST_CHAIN, type Chain, type Tail } from '../segments/tail.js'
import { wordMemory } from '../word-memory.js'
import type { FoundDamage } from './damage.js'
import { GroupReplay } from './group-replay.js'
import type { Replay } from './replay.js'

/** A segment and what the scan of it found. */
export interface ScannedSegment {
  readonly segment: Segment
  readonly bytes: Buffer
  readonly stretches: readonly Stretch[]
}

/** The last segment, taken apart: proven to be flushed; whole but unproven; cut. */
export interface SplitTail {
  readonly proven: readonly Stretch[]
  readonly unproven: readonly IntactStretch[]
  /** The position behind the last group that counts. */
  readonly end: number
  readonly tornBytes: number
}

/**
 * Scans the segments in order, hands each sealed one over and returns the last. A sealed segment ends where its
 * successor says, and was flushed up to there; the last one of a closed log ends with its file (`lastIsCut`).
 */
export function scanAll(
  segments: readonly Segment[],
  damage: FoundDamage[],
  lastIsCut: boolean,
  sealed: (scanned: ScannedSegment) => void,
): ScannedSegment | undefined {
  let last: ScannedSegment | undefined
  for (const [index, segment] of segments.entries()) {
    if (last) sealed(last)
    const next = segments[index + 1]
    last = scanOne(segment, next, damage, lastIsCut && next === undefined)
  }
  return last
}

function scanOne(
  segment: Segment,
  next: Segment | undefined,
  damage: FoundDamage[],
  isCut: boolean,
): ScannedSegment {
  const { header, file, name, seed } = segment
  const isFollowed = next?.header.number === header.number + 1
  const limit = isFollowed ? next.header.previousEnd : (footerEnd(segment) ?? file.size)
  if (file.size < limit) {
    damage.push({
      ...{
        segment: header.number,
        file: name,
        from: file.size,
        to: limit,
        position: header.base + file.size,
      },
      reason: 'a segment ends too early',
      lost: { kinds: undefined, slots: undefined },
    })
  }
  segment.end = Math.min(file.size, limit)
  const bytes = file.view(0, segment.end)
  const request = { bytes, base: header.base, seed, firstSequence: header.firstSequence }
  const successor = isFollowed ? headOf(next) : undefined
  const unused = isFollowed || isCut ? undefined : header
  const stretches = scanSegment({ ...request, successor, unused })
  // Where nobody says it, the segment ends behind the last trace of a group.
  if (unused) segment.end = stretches.at(-1)?.to ?? Math.min(SEGMENT_HEADER_BYTES, segment.end)
  if (isCut && isFooter(stretches)) segment.end = stretches.pop()?.from ?? segment.end
  return { segment, bytes, stretches }
}

/** Behind the close stands nothing but the footer. */
function isFooter(stretches: readonly Stretch[]): boolean {
  const [closed, rest] = stretches.slice(-2)
  return rest?.header === undefined && closed?.kind === 'group' && isClose(closed.header)
}

const isClose = ({ kinds }: GroupHeader): boolean => (kinds & (1 << RECORD.close)) !== 0

function headOf({ header, file, seed }: Segment) {
  const bytes = file.view(0, Math.min(SEGMENT_HEADER_BYTES + GROUP_HEADER_BYTES, file.size))
  return firstGroupOf({ bytes, base: header.base, seed, firstSequence: header.firstSequence })
}

/** A last segment that need not be scanned. */
export function unscanned(segment: Segment): ScannedSegment {
  return { segment, bytes: Buffer.alloc(0), stretches: [] }
}

/**
 * Tells the torn tail of an unclean end from rot: what a later group says was flushed is proven, and so is everything
 * after a clean close. Unproven damage is where the log ends. The segment's `end` becomes the end of the proven part.
 */
export function splitLast({ segment, stretches }: ScannedSegment, allProven: boolean): SplitTail {
  const { base } = segment.header
  let provenTo = 0
  for (const { header } of stretches) provenTo = Math.max(provenTo, header?.flushedTo ?? 0)
  const isProven = (offset: number): boolean => allProven || base + offset < provenTo
  const proven: Stretch[] = []
  const unproven: IntactStretch[] = []
  let end = Math.min(SEGMENT_HEADER_BYTES, segment.end)
  let provenEnd = end
  for (const stretch of stretches) {
    if (isProven(stretch.from)) {
      proven.push(stretch)
      provenEnd = stretch.to
    } else if (stretch.kind === 'group') unproven.push(stretch)
    else break
    end = stretch.to
  }
  const tornBytes = segment.end - end
  segment.end = provenEnd
  return { proven, unproven, end: base + end, tornBytes }
}

/** What the next group has to follow. */
export function chainBehind(segment: Segment, stretches: readonly Stretch[]): Chain {
  const last = stretches.at(-1)
  let sequence = segment.header.firstSequence
  for (const { header } of stretches) if (header) sequence = header.sequence + 1
  if (!last?.header) return { ...FIRST_CHAIN, sequence: last ? sequence + 1 : sequence }
  const { records, kinds, lowest, end, checksum } = last.header
  return { sequence, previous: { records, kinds, lowest, end }, previousChecksum: checksum }
}

/** Applies what stays where it is. */
export function applyStretches(
  replay: Replay,
  { segment, bytes }: ScannedSegment,
  stretches: readonly Stretch[],
  damage: FoundDamage[],
): void {
  const { seed } = segment
  const { base, number } = segment.header
  const place = { bytes, base, seed }
  const groups = replay.hasRegion ? undefined : new GroupReplay(replay, segment, wordMemory(bytes))
  for (const stretch of stretches) {
    replay.applyRegion(base + stretch.from)
    if (stretch.kind === 'group' && groups) {
      groups.apply(stretch.from, stretch.to)
      replay.frame(stretch.header)
      continue
    }
    const records = stretch.kind === 'group' ? recordsIn(place, stretch.from, stretch.to) : stretch.records
    for (const { offset, record } of records) replay.apply(record, base + offset, segment)
    if (stretch.header) replay.frame(stretch.header)
    if (stretch.kind === 'group') continue
    const { from, to, reason, lost } = stretch
    damage.push({ segment: number, file: segment.name, from, to, reason, lost, position: base + from })
  }
}

/** What writing the unproven groups once more takes. */
export interface ReappendParts {
  readonly replay: Replay
  readonly encoder: EffectEncoder
  readonly pending: PendingSlots
  readonly tail: Tail
  readonly table: SlotTable
}

/** Writes the unproven groups once more, group by group, into the segment that was begun. */
export async function reappend(
  parts: ReappendParts,
  { bytes, segment }: ScannedSegment,
  groups: readonly IntactStretch[],
): Promise<void> {
  const { replay } = parts
  const accepts = new Map<number, StoredRecord>()
  const { seed } = segment
  const place = { bytes, base: segment.header.base, seed }
  for (const group of groups) {
    replay.applyRegion(place.base + group.from)
    const effects: StoredEffect[] = []
    for (const { offset, record } of recordsIn(place, group.from, group.to)) {
      const position = place.base + offset
      if (record.kind === RECORD.accept) {
        if (replay.isOldCopy(record)) continue
        replay.rememberAccept(record, position)
        accepts.set(position, record)
      }
      const effect = effectOf(record, markedBy(record, position, accepts, parts))
      if (!effect || effect.kind === 'close') continue
      replay.note(effect, false)
      effects.push(effect)
    }
    await appendEffects(parts, effects)
  }
}

/** The proposal that a mark decides. */
function markedBy(
  mark: StoredRecord,
  position: number,
  accepts: ReadonlyMap<number, StoredRecord>,
  { replay, tail, table }: ReappendParts,
): StoredRecord | undefined {
  if (mark.kind !== RECORD.mark || !replay.isMarkGood(mark, position)) return undefined
  return accepts.get(mark.link) ?? tail.record(placeOf(table.get(mark.a)))
}

/** Appends effects as one group of their own and counts them at once: nobody else is there. */
export async function appendEffects(parts: ReappendParts, effects: readonly StoredEffect[]): Promise<void> {
  const { encoder, pending, tail, table } = parts
  const builder = new GroupBuilder()
  const write = newWrite(effects, true)
  pending.holdAll(write)
  builder.begin({ position: tail.position, seed: tail.active.seed })
  encoder.encode(write, builder)
  if (builder.summary.records > 0) await tail.append(builder, encoder.state.point)
  encoder.wasAppended()
  resolveWrite(write, table, pending)
}
