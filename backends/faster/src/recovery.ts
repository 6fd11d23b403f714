import { raise, type Damage, type Ledger } from '@persistent-log/core/backend'
import { Compressor } from './sealing/compressor.js'
import { EffectEncoder } from './engine/effect-encoder.js'
import { PendingSlots } from './engine/pending-slots.js'
import { damageReport, judgeDamage, type FoundDamage, type JudgedDamage } from './recovery/damage.js'
import { findSegments, missing, type FoundSegments } from './recovery/found-segments.js'
import { isKnown, readKnownDamage, writeKnownDamage } from './recovery/known-damage.js'
import { Replay } from './recovery/replay.js'
import { findFooters, footerDamage, restoreSealed } from './recovery/sealed-part.js'
import { readStretches } from './recovery/read-stretches.js'
import { chainBehindAll } from './recovery/stretches.js'
import { appendEffects, dropLeftovers, finalEffects } from './recovery/settling.js'
import {
  lostMarks,
  markDamaged,
  missingEnd,
  REGION_DAMAGE,
  refuseDamaged,
  refuseRegion,
  toKnown,
} from './recovery/verdict.js'
import { SlotTable } from './regions/slot-table.js'
import { REGION_NAME } from './ring/ring-layout.js'
import { NO_RING, scanRing, type ScannedRing } from './ring/ring-scan.js'
import { footerEnd, readFooterState } from './sealing/footer.js'
import { restoreState } from './sealing/log-state.js'
import { Sealer, UNSEALED_NAME, type SealerParts } from './sealing/sealer.js'
import type { StoredRecord } from './segments/record.js'
import type { Segment } from './segments/segment.js'
import type { SegmentFiles } from './segments/segment-files.js'
import { SpareSegments } from './segments/spare-segments.js'
import { Tail } from './segments/tail.js'

/** The file that says that a log was never opened: nothing was ever acknowledged, so its first segment may be made anew. */
export const PRISTINE_NAME = 'pristine'

/** What is known about the log before its tail is read. */
export interface RecoveryRequest {
  readonly files: SegmentFiles
  readonly logId: Buffer
  readonly firstSlot: number
  readonly segmentBytes: number
  readonly spareSegments: number
  readonly compression: boolean
  readonly cleanClose: boolean
  /** To be called before the first change that makes something else of the log than what its last close left; idempotent. */
  readonly beginChanges: () => Promise<void>
  readonly sameBoot: boolean
  readonly mode: 'strict' | 'salvage'
}

/** Entries of the mutable region: of the crashed session first, then of the new one. */
export interface RegionAccess {
  read: (position: number) => StoredRecord | undefined
}

/** A log as its files say that it is, everything in it flushed. */
export interface Recovered {
  readonly tail: Tail
  readonly table: SlotTable
  readonly pending: PendingSlots
  readonly encoder: EffectEncoder
  readonly sealer: Sealer
  readonly compressor: Compressor
  readonly ledger: Ledger
  /** To be pointed at the region of the new session. */
  readonly region: RegionAccess
  readonly tornBytes: number
  readonly ambiguous: boolean
  readonly damaged: readonly Damage[]
  readonly keepFrom: number
  /** True as long as the files of the tail are what a clean close left. */
  readonly isAsClosed: () => boolean
}

/**
 * Reads the tail, and after a crash in the same boot the mutable region, and builds the log. After an unclean close,
 * everything behind the last proven flush is written once more and flushed before anything of it is shown: the page
 * cache may hold what the disk never got. A new segment proves it.
 */
export async function recover(request: RecoveryRequest): Promise<Recovered> {
  const { files, logId, segmentBytes, spareSegments } = request
  const names = await files.list()
  const isNew = names.includes(PRISTINE_NAME)
  const spares = new SpareSegments({ files, segmentBytes, limit: spareSegments })
  if (isNew) {
    await request.beginChanges()
    await makeFirstSegment(request, names, spares)
  }
  // An earlier open may have ended between the removal of the marker and its flush: coming back behind a power cut, it
  // would have everything wiped that is acknowledged from here on.
  else if (!request.cleanClose) await files.syncDirectory()
  const found = await findSegments(files, isNew ? await files.list() : names, logId)
  const { segments, floor } = found
  const tail = new Tail({ files, logId, segmentBytes, segments, floor, spares })
  try {
    if (segments.length === 0) {
      throw raise.corrupted('no segment of the log can be read', {
        file: `engine/${found.damage[0]?.file ?? ''}`,
      })
    }
    const hasUnreadableEnd = floor.number > tail.active.header.number + 1
    await spares.adopt(names)
    return await recoverTail({ ...request, isNew, mayUseFooters: true }, found, hasUnreadableEnd, tail)
  } catch (error) {
    await tail.close().catch(() => undefined)
    throw error
  }
}

/** Runs as often as it is interrupted: only the removal of the marker makes the log one that may hold something. */
async function makeFirstSegment(
  request: RecoveryRequest,
  names: readonly string[],
  spares: SpareSegments,
): Promise<void> {
  const { files, logId, segmentBytes } = request
  for (const name of names) if (name.startsWith('tail-')) await files.remove(name)
  const tail = new Tail({ files, logId, segmentBytes, segments: [], spares })
  try {
    await tail.begin()
    await tail.publish()
  } finally {
    await tail.close()
  }
  await files.remove(PRISTINE_NAME)
  await files.syncDirectory()
}

async function recoverTail(
  request: RecoveryRequest & { readonly isNew: boolean; readonly mayUseFooters: boolean },
  found: Pick<FoundSegments, 'damage' | 'harmless' | 'lowest'>,
  hasUnreadableEnd: boolean,
  tail: Tail,
): Promise<Recovered> {
  const { files, firstSlot, cleanClose, sameBoot, mode, isNew, mayUseFooters } = request
  for (const segment of tail.segments) segment.writtenSlots = 0
  const table = new SlotTable()
  const newReplay = (): Replay => new Replay(firstSlot, tail, table)
  const replay = newReplay()
  const region: RegionAccess = { read: replay.regionEntry }
  const names = await files.list()
  const damage = [...found.damage]
  const mayHoldVotes = !cleanClose && sameBoot
  const hasRegion = mayHoldVotes && names.includes(REGION_NAME)
  const scanned = hasRegion ? await readRegion(files) : NO_RING
  replay.region = scanned.entries

  const noted = await readKnownDamage(files, names)
  const known = noted.stretches
  // Until the log says what became of the votes, what is noted counts as found for the first time.
  const isSettled = (one: JudgedDamage): boolean => !noted.isBegun && isKnown(known, one)
  const isCut = cleanClose && !hasUnreadableEnd
  // An entry of the region belongs between records: those have to be gone through one by one.
  const limit = scanned.entries[0]?.order ?? Infinity
  // A close that could not seal says so: half a footer is what it left, not damage.
  const isSealedToItsEnd = isCut && !names.includes(UNSEALED_NAME)
  const footers = findFooters(tail.segments, known, limit, isSealedToItsEnd)
  const sealed = damage.length === 0 && mayUseFooters ? footers.sealed : undefined
  if (sealed) restoreSealed(sealed, tail.segments, replay, table)
  const open = tail.segments.slice(sealed?.heads.length ?? 0)
  const allProven = cleanClose || hasUnreadableEnd
  const read = await readStretches({ open, tail, replay, damage, known, isCut, allProven })
  const { isScanned, last, lastKnownEnds, split } = read
  const isFirstMissing = found.lowest > replay.firstSegment
  // Which slots a segment was about that is missing, those that are left tell, and no footer.
  if (isFirstMissing && sealed)
    return recoverTail({ ...request, mayUseFooters: false }, found, hasUnreadableEnd, tail)
  const sealedChain = isScanned ? undefined : sealed?.heads.at(-1)?.chain
  const chain = sealedChain ?? chainBehindAll(last.segment, [...split.proven, ...split.unproven])
  replay.writtenTo = Math.max(replay.writtenTo, replay.ledger.nextSlot)
  tail.continueFrom({ ...chain, writtenTo: replay.writtenTo })

  const pending = new PendingSlots()
  const readRegionEntry = (position: number): StoredRecord | undefined => region.read(position)
  const encoder = new EffectEncoder({
    tail,
    table,
    pending,
    readRegion: readRegionEntry,
    state: replay.state,
  })
  const steps = { encoder, pending, tail, table }
  const isLastDamaged = damage.some(({ segment }) => segment >= last.segment.header.number)
  // Parts of a group may be left in a recycled file without a trace that tells them from older bytes.
  const mayHideParts = !isCut && isScanned && last.segment.header.isRecycled
  let hasBegun = split.unproven.length > 0 || split.hasRest || isLastDamaged || mayHideParts
  // A segment without a name: until it is published, nothing on the disk has changed.
  if (hasBegun) await tail.begin()
  // What rests on a part of the tail that is not there is intact all the same; the loss is told below.
  replay.applyRegion(Infinity)

  if (isFirstMissing) damage.push(missing(replay.firstSegment, 0))
  // An earlier close may be the last thing that is left: behind the newest one stands a footer, whole or not.
  const isSealed = last.segment.file.size > last.segment.end || names.includes(UNSEALED_NAME)
  const isEndMissing = cleanClose && !isNew && !(replay.isClosed && isSealed)
  damage.push(...(isEndMissing ? [missingEnd(last.segment, split.end)] : lastKnownEnds))
  const judge = (one: FoundDamage): JudgedDamage => judgeDamage(one, replay, table)
  // What was retired took its damage along, also where it could not be read to be removed.
  const stretches = damage.filter(({ segment }) => segment >= replay.firstSegment).map(judge)
  // A slot that was decided anew needs its lost mark no more.
  const marks = lostMarks(replay, stretches)
    .map(judge)
    .filter(({ slots }) => slots.length > 0)
  const judged = [...stretches, ...marks]
  const unsettled = judged.filter((one) => !isSettled(one) || one.slots.length > 0)
  const isRegionDamaged = mayHoldVotes && !scanned.isWhole && (hasRegion || replay.isWeak)
  if (mode === 'strict') refuseDamaged(unsettled)
  if (mode === 'strict' && isRegionDamaged) refuseRegion()

  const losesVotes =
    judged.some((one) => one.losesVotes && !isSettled(one)) ||
    replay.hasRegionBehind(split.end) ||
    isRegionDamaged ||
    (replay.isWeak && !cleanClose && !sameBoot)
  const isFound = unsettled.some((one) => !isSettled(one))
  // First of all: what is written from here on hides that an end is missing.
  if (isFound) await writeKnownDamage(files, { stretches: judged.map(toKnown), isBegun: true })
  markDamaged(unsettled, replay, table)
  const batches = finalEffects(replay, losesVotes)
  const begins = hasBegun || isFound || batches.length > 0
  const wasClosed = isSealedToItsEnd && !isScanned && replay.isClosed && !begins
  // What a clean close left counts until the first write.
  if (!wasClosed) await request.beginChanges()
  if (batches.length > 0 && !hasBegun) await tail.begin()
  hasBegun ||= batches.length > 0
  for (const batch of batches) await appendEffects(steps, batch)
  if (hasBegun) await tail.publish()

  if (isFound) await writeKnownDamage(files, { stretches: judged.map(toKnown), isBegun: false })
  // Where the last bytes of a sealed log are rotten, nothing said where its footer began.
  const isFooterLost =
    isSealedToItsEnd && last.segment.file.size > last.segment.end && footerEnd(last.segment) === undefined
  if (isFooterLost) footers.damage.push(footerDamage(last.segment, last.segment.end))
  const isShorter = isCut || footerEnd(last.segment) !== undefined
  await dropLeftovers(files, tail, table, {
    last: last.segment,
    firstSegment: replay.firstSegment,
    isShorter,
    isFooterUsed: !isScanned,
    beginChanges: request.beginChanges,
  })
  // What was retired is gone by now: sealing goes on behind a segment that stays, or begins anew.
  const sealerStart =
    judged.length > 0
      ? { replay: undefined, from: 0 }
      : sealFrom(newReplay(), table, last.segment, !isSealedToItsEnd)
  const compressor = new Compressor({ files, tail, table, isOn: request.compression })
  return {
    ...{ tail, table, pending, encoder, region, compressor, ledger: replay.ledger },
    sealer: new Sealer({ files, tail, table, compressor, newReplay, ...sealerStart }),
    tornBytes: split.tornBytes,
    ambiguous: split.tornBytes > 0,
    damaged: [
      ...unsettled.flatMap(damageReport),
      ...[...found.harmless, ...footers.damage].flatMap((one) =>
        damageReport({ ...one, slots: [], losesVotes: false }),
      ),
      ...(isRegionDamaged ? [REGION_DAMAGE] : []),
    ],
    keepFrom: Math.min(...unsettled.filter((one) => one.slots.length > 0).map((one) => one.segment)),
    isAsClosed: () => wasClosed && tail.beforeAppend !== undefined,
  }
}

/**
 * Sealing goes on behind the last footer that stays; that of the active segment does not. Over damage nothing is sealed.
 * `mayLackFlush`: the session that wrote that footer did not end by sealing everything.
 */
function sealFrom(
  replay: Replay,
  table: SlotTable,
  last: Segment,
  mayLackFlush: boolean,
): Pick<SealerParts, 'replay' | 'from' | 'unproven'> {
  const sealed = table.sealed.findLast(({ segment }) => segment !== last)
  if (!sealed) return { replay, from: 0 }
  const state = readFooterState(sealed.segment, sealed.head)
  if (state) restoreState(replay, state)
  const unproven = mayLackFlush && !sealed.segment.file.isCompressed ? sealed : undefined
  return { replay: state && replay, from: sealed.segment.header.number + 1, unproven }
}

async function readRegion(files: SegmentFiles): Promise<ScannedRing> {
  const file = await files.open(REGION_NAME)
  try {
    return scanRing(file)
  } finally {
    await file.close()
  }
}
