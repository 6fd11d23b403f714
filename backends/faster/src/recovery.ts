import { compareBallots, raise, type Damage, type Ledger } from '@persistent-log/core/backend'
import { EffectEncoder } from './engine/effect-encoder.js'
import { PendingSlots } from './engine/pending-slots.js'
import { damageReport, judgeDamage, type FoundDamage, type JudgedDamage } from './recovery/damage.js'
import { findSegments, missing } from './recovery/found-segments.js'
import { isKnown, readKnownDamage, writeKnownDamage, type KnownStretch } from './recovery/known-damage.js'
import { Replay } from './recovery/replay.js'
import {
  appendEffects,
  applyStretches,
  chainBehind,
  reappend,
  scanAll,
  splitLast,
} from './recovery/stretches.js'
import { NOWHERE } from './regions/address.js'
import { REGION_NAME, scanRegion } from './regions/mutable-region.js'
import { SlotTable } from './regions/slot-table.js'
import type { StoredEffect } from './engine/stored-effect.js'
import { RECORD, type StoredRecord } from './segments/record.js'
import type { Segment } from './segments/segment.js'
import type { SegmentFiles } from './segments/segment-files.js'
import { Tail } from './segments/tail.js'

/** The file that says that a log was never opened: nothing was ever acknowledged, so its first segment may be made anew. */
export const PRISTINE_NAME = 'pristine'

/** Entries of the mutable region that move to the tail in one group. */
const MOVED_SLOTS = 1024

/** What is known about the log before its tail is read. */
export interface RecoveryRequest {
  readonly files: SegmentFiles
  readonly logId: Buffer
  readonly firstSlot: number
  readonly segmentBytes: number
  readonly cleanClose: boolean
  readonly sameBoot: boolean
  readonly mode: 'strict' | 'salvage'
}

/** Entries of the mutable region: of the crashed session first, then of the new one. */
export interface RegionAccess {
  read: (offset: number) => StoredRecord | undefined
  free: (offset: number) => void
}

/** A log as its files say that it is, everything in it flushed. */
export interface Recovered {
  readonly tail: Tail
  readonly table: SlotTable
  readonly pending: PendingSlots
  readonly encoder: EffectEncoder
  readonly ledger: Ledger
  /** To be pointed at the region of the new session. */
  readonly region: RegionAccess
  readonly tornBytes: number
  readonly ambiguous: boolean
  readonly damaged: readonly Damage[]
  readonly keepFrom: number
}

/**
 * Reads the tail, and after a crash in the same boot the mutable region, and builds the log. After an unclean close,
 * everything behind the last proven flush is written to a new segment and flushed before anything of it is shown: the
 * page cache may hold what the disk never got.
 */
export async function recover(request: RecoveryRequest): Promise<Recovered> {
  const { files, logId, firstSlot, segmentBytes } = request
  const names = await files.list()
  const isNew = names.includes(PRISTINE_NAME)
  if (isNew) await makeFirstSegment(request, names)
  const found = await findSegments(files, isNew ? await files.list() : names, logId)
  const { segments, floor } = found
  const tail = new Tail({ files, logId, segmentBytes, segments, floor })
  try {
    if (segments.length === 0) {
      throw raise.corrupted('no segment of the log can be read', {
        file: `engine/${found.damage[0]?.file ?? ''}`,
      })
    }
    const region: RegionAccess = { read: () => undefined, free: () => undefined }
    const table = new SlotTable(tail, (offset) => region.free(offset))
    const replay = new Replay(firstSlot, tail, table)
    region.read = replay.regionEntry
    const hasUnreadableEnd = floor.number > tail.active.header.number + 1
    const parts = { tail, table, replay, region }
    return await recoverTail({ ...request, isNew }, found.damage, hasUnreadableEnd, parts)
  } catch (error) {
    await tail.close().catch(() => undefined)
    throw error
  }
}

/** Runs as often as it is interrupted: only the removal of the marker makes the log one that may hold something. */
async function makeFirstSegment(request: RecoveryRequest, names: readonly string[]): Promise<void> {
  const { files, logId, segmentBytes } = request
  for (const name of names) if (name.startsWith('tail-')) await files.remove(name)
  const tail = new Tail({ files, logId, segmentBytes, segments: [] })
  await tail.begin()
  await tail.publish()
  await tail.close()
  await files.remove(PRISTINE_NAME)
  await files.syncDirectory()
}

async function recoverTail(
  request: RecoveryRequest & { readonly isNew: boolean },
  headerDamage: readonly FoundDamage[],
  hasUnreadableEnd: boolean,
  parts: {
    readonly tail: Tail
    readonly table: SlotTable
    readonly replay: Replay
    readonly region: RegionAccess
  },
): Promise<Recovered> {
  const { files, cleanClose, sameBoot, mode, isNew } = request
  const { tail, table, replay, region } = parts
  const names = await files.list()
  const damage = [...headerDamage]
  if (!cleanClose && sameBoot && names.includes(REGION_NAME)) replay.region = await readRegion(files)

  const last = scanAll(tail.segments, damage, (one) => applyStretches(replay, one, one.stretches, damage))
  const split = splitLast(last, cleanClose || hasUnreadableEnd)
  applyStretches(replay, last, split.proven, damage)
  tail.continueFrom(chainBehind(last.segment, split.proven))

  const pending = new PendingSlots()
  const readRegionEntry = (offset: number): StoredRecord | undefined => region.read(offset)
  const encoder = new EffectEncoder({
    tail,
    table,
    pending,
    readRegion: readRegionEntry,
    state: replay.state,
  })
  const steps = { replay, encoder, pending, tail, table }
  const isLastDamaged = damage.some(({ segment }) => segment >= last.segment.header.number)
  let hasBegun = split.unproven.length > 0 || split.tornBytes > 0 || isLastDamaged
  // A segment without a name: until it is published, nothing on the disk has changed.
  if (hasBegun) await tail.begin()
  await reappend(steps, last, split.unproven)
  replay.applyRegion(split.end)

  const first = tail.segments[0]
  if (first && first.header.number > replay.firstSegment) damage.push(missing(replay.firstSegment, 0))
  if (cleanClose && !isNew && !replay.isClosed) damage.push(missingEnd(last.segment, split.end))
  const judge = (one: FoundDamage): JudgedDamage => judgeDamage(one, replay, table)
  const stretches = damage.map(judge)
  // A slot that was decided anew needs its lost mark no more.
  const marks = lostMarks(replay, stretches)
    .map(judge)
    .filter(({ slots }) => slots.length > 0)
  const judged = [...stretches, ...marks]
  const known = await readKnownDamage(files, names)
  const open = judged.filter((one) => !isKnown(known, one) || one.slots.length > 0)
  if (mode === 'strict') refuseDamaged(open)

  const losesVotes =
    judged.some((one) => one.losesVotes && !isKnown(known, one)) ||
    (replay.isWeak && !cleanClose && (!sameBoot || replay.hasRegionBehind(split.end)))
  markDamaged(open, replay, table)
  const batches = finalEffects(replay, table, losesVotes)
  if (batches.length > 0 && !hasBegun) await tail.begin()
  hasBegun ||= batches.length > 0
  for (const batch of batches) await appendEffects(steps, batch)
  if (hasBegun) await tail.publish()

  if (open.some((one) => !isKnown(known, one))) await writeKnownDamage(files, judged.map(toKnown))
  await dropLeftovers(files, tail, last.segment, replay.firstSegment)
  return {
    ...{ tail, table, pending, encoder, region, ledger: replay.ledger },
    tornBytes: split.tornBytes,
    ambiguous: split.tornBytes > 0,
    damaged: open.flatMap(damageReport),
    keepFrom: Math.min(...open.filter((one) => one.slots.length > 0).map((one) => one.segment)),
  }
}

async function readRegion(files: SegmentFiles): Promise<StoredRecord[]> {
  const file = await files.open(REGION_NAME)
  try {
    return scanRegion(file).sort(
      (x, y) => x.link - y.link || compareBallots({ round: x.b, nodeId: x.c }, { round: y.b, nodeId: y.c }),
    )
  } finally {
    await file.close()
  }
}

/** The last group of a log that was closed says so. */
function missingEnd({ header, name, end }: Segment, position: number): FoundDamage {
  const lost = { kinds: undefined, slots: undefined }
  const reason = 'the log was closed, and its end is missing'
  return { segment: header.number, from: end, to: end, reason, file: name, position, lost }
}

/** Decided slots whose value is nowhere, unless other damage tells of them already. */
function lostMarks({ lostMarks }: Replay, told: readonly JudgedDamage[]): FoundDamage[] {
  const isTold = (slot: number): boolean =>
    told.some(({ slots }) => slots.some(({ from, to }) => slot >= from && slot < to))
  const untold = lostMarks.filter(({ slot }) => !isTold(slot))
  return untold.map(({ slot, position, offset, segment, file }) => ({
    ...{ segment, file, position, from: offset, to: offset },
    reason: 'a commit mark without its proposal',
    lost: { kinds: 1 << RECORD.mark, slots: [{ from: slot, to: slot + 1 }] },
  }))
}

function refuseDamaged(open: readonly JudgedDamage[]): void {
  const [first] = open
  if (!first) return
  const file = `engine/${first.file}`
  const more = open.length > 1 ? ` (and ${open.length - 1} more places)` : ''
  throw raise.corrupted(
    `${file} at byte ${first.from}: ${first.reason}${more}; recovery: 'salvage' opens the rest`,
    {
      file,
      offset: first.from,
      slots: first.slots[0],
    },
  )
}

/** Damaged slots are neither empty nor what they held before. */
function markDamaged(open: readonly JudgedDamage[], { ledger }: Replay, table: SlotTable): void {
  for (const range of open.flatMap(({ slots }) => slots)) {
    ledger.addDamage(range)
    for (const [slot] of table.entries(range.from, range.to)) table.set(slot, NOWHERE)
  }
}

/** What recovery itself adds to the tail: entries of the mutable region, and what became of the votes. */
function finalEffects(replay: Replay, table: SlotTable, losesVotes: boolean): StoredEffect[][] {
  const moved = [...table.regionSlots].map((slot): StoredEffect => ({
    kind: 'relocate',
    slot,
    from: 'region',
  }))
  const batches: StoredEffect[][] = []
  for (let at = 0; at < moved.length; at += MOVED_SLOTS) batches.push(moved.slice(at, at + MOVED_SLOTS))
  const rest: StoredEffect[] = []
  if (losesVotes && !replay.ledger.votesLost) {
    rest.push({ kind: 'votes-lost' })
    replay.ledger.votesLost = true
  }
  if (replay.isWeak) rest.push({ kind: 'weak-end' })
  if (rest.length > 0) batches.push(rest)
  return batches
}

const toKnown = ({ segment, from, to }: JudgedDamage): KnownStretch => ({ segment, from, to })

/** What a crash left: bytes behind a cut, retired segments, the mutable region of an earlier session. */
async function dropLeftovers(
  files: SegmentFiles,
  tail: Tail,
  last: Segment,
  firstSegment: number,
): Promise<void> {
  for (const segment of tail.segments) {
    if (segment === tail.active || segment.file.size <= segment.end) continue
    await segment.file.truncate(segment.end)
    await segment.file.flush()
  }
  await tail.retireBefore(Math.min(firstSegment, last.header.number))
  await files.remove(REGION_NAME)
}
