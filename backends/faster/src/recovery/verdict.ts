import { raise, type Damage } from '@persistent-log/core/backend'
import { NOWHERE } from '../regions/address.js'
import type { SlotTable } from '../regions/slot-table.js'
import { REGION_NAME } from '../ring/ring-layout.js'
import { RECORD } from '../segments/record.js'
import type { Segment } from '../segments/segment.js'
import type { FoundDamage, JudgedDamage } from './damage.js'
import type { KnownStretch } from './known-damage.js'
import type { Replay } from './replay.js'
import type { ScannedSegment } from './stretches.js'

/** The last group of a log that was closed says so. */
export function missingEnd({ header, name, end }: Segment, position: number): FoundDamage {
  const lost = { kinds: undefined, slots: undefined }
  const reason = 'the log was closed, and its end is missing'
  return { segment: header.number, from: end, to: end, reason, file: name, position, lost }
}

/**
 * Ends that were missing when the log was opened over it. What follows them by now looks whole: only the note tells that
 * something was lost in between. A note of this kind is empty and stands where a stretch ends, never at a record.
 */
export function knownEnds(
  { segment, stretches }: ScannedSegment,
  known: readonly KnownStretch[],
): FoundDamage[] {
  const { header, end } = segment
  const isEnd = (at: number): boolean => at === end || stretches.some(({ to }) => to === at)
  return known
    .filter(
      ({ segment: number, from, to }) => number === header.number && from === to && from > 0 && isEnd(from),
    )
    .map(({ from }) => ({ ...missingEnd(segment, header.base + from), from, to: from }))
}

/** Decided slots whose value is nowhere, unless other damage tells of them already. */
export function lostMarks({ lostMarks }: Replay, told: readonly JudgedDamage[]): FoundDamage[] {
  const isTold = (slot: number): boolean =>
    told.some(({ slots }) => slots.some(({ from, to }) => slot >= from && slot < to))
  const untold = lostMarks.filter(({ slot }) => !isTold(slot))
  return untold.map(({ slot, position, offset, segment, file }) => ({
    ...{ segment, file, position, from: offset, to: offset },
    reason: 'a commit mark without its proposal',
    lost: { kinds: 1 << RECORD.mark, slots: [{ from: slot, to: slot + 1 }] },
  }))
}

export function refuseDamaged(open: readonly JudgedDamage[]): void {
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

/** Which slots the lost entries were of, nobody can tell: their votes are lost. */
export const REGION_DAMAGE: Damage = {
  reason: 'entries below power-loss are missing from the mutable region',
  file: `engine/${REGION_NAME}`,
}

export function refuseRegion(): never {
  const { reason, file } = REGION_DAMAGE
  throw raise.corrupted(`${file}: ${reason}; recovery: 'salvage' opens the rest`, { file })
}

/** Damaged slots are neither empty nor what they held before. */
export function markDamaged(open: readonly JudgedDamage[], { ledger }: Replay, table: SlotTable): void {
  for (const range of open.flatMap(({ slots }) => slots)) {
    ledger.addDamage(range)
    for (const [slot] of table.entries(range.from, range.to)) table.set(slot, NOWHERE)
  }
}

/** What is noted of damage, to recognise it at the next open. */
export const toKnown = ({ segment, from, to }: JudgedDamage): KnownStretch => ({ segment, from, to })
