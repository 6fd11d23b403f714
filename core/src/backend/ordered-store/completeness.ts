import type { Damage } from '../../contract/reports.js'
import type { Slot, SlotRange } from '../../contract/slot.js'
import { SlotRanges } from '../engine/slot-ranges.js'
import type { Meta, Tally } from './meta-record.js'

/** The slot records that are there, all at or above the point. */
export interface FoundSlots {
  readonly decided: SlotRanges
  readonly accepted: SlotRanges
  /** The tally of the accepted records with `from <= slot < to`. */
  acceptedTally(range: SlotRange): Tally
  /** Records that fail their checksum. */
  readonly unreadable: SlotRanges
  /** Slots that unreadable records under other keys claim to belong to. */
  readonly misplaced: readonly Slot[]
  /** Damage that an earlier salvage wrote down and that is not repaired; in none of the other sets. */
  readonly known: SlotRanges
  /** False when a note of such damage is itself lost. */
  readonly knownIsWhole: boolean
}

/** A stretch of slots that is not what was written. */
export type SlotDamage = Damage & { readonly slots: SlotRange }

/** What is missing or wrong, as narrowly as it can be told. */
export interface Completeness {
  readonly damaged: readonly SlotDamage[]
  /** Records behind the end of the log: a bad key, or a deletion that was undone. No slot is hit. */
  readonly unexpected: readonly SlotRange[]
  /** An accepted proposal may be gone, or an older one be back. */
  readonly votesLost: boolean
}

/**
 * Compares the records that are there with what the meta record says there must be.
 *
 * Below `contiguousTo` each slot must be decided, so that each fault has its place. Above it the counts tell how many
 * records are missing: as many as are unreadable, and the place is known; more, and every empty slot up to `nextSlot` may
 * be one of them. An accepted record can also be an old version of itself: the digest of all of them tells.
 */
export function judgeCompleteness(meta: Meta, found: FoundSlots): Completeness {
  const damaged: SlotDamage[] = []
  const report = (ranges: Iterable<SlotRange>, reason: string): void => {
    for (const slots of ranges) damaged.push({ reason, slots })
  }
  const { point, contiguousTo, nextSlot } = meta
  const above = { from: contiguousTo, to: nextSlot }

  const below = missingFrom([found.decided], { from: point, to: contiguousTo })
  for (const slots of below.ranges()) {
    const reason = found.unreadable.countIn(slots.from, slots.to) > 0 ? UNREADABLE : MISSING
    damaged.push({ reason, slots })
  }
  const behind = [found.decided, found.accepted, found.unreadable]
  const unexpected = behind.flatMap((set) => [...set.ranges(nextSlot)])
  report(found.unreadable.ranges(above.from, above.to), UNREADABLE)

  const unreadable = found.unreadable.countIn(above.from, above.to)
  const lostDecisions = meta.committedCount - below.count - found.decided.countIn(point, nextSlot)
  const votes = found.acceptedTally(above)
  const lostVotes = meta.accepted.count - votes.count
  const sameVotes = lostVotes === 0 && votes.digest === meta.accepted.digest
  const countsFit = lostDecisions >= 0 && lostVotes >= 0 && lostDecisions + lostVotes === unreadable

  const held = [found.decided, found.accepted, found.unreadable, found.known]
  const holes = missingFrom(held, above)
  if (!countsFit || !found.knownIsWhole) report(holes.ranges(), MISSING)
  else if (unreadable > 0)
    for (const slot of found.misplaced)
      if (holes.has(slot)) damaged.push({ reason: MISSING, slots: one(slot) })

  const oldVotes = lostVotes < 0 || lostDecisions < 0 || (lostVotes === 0 && !sameVotes)
  if (oldVotes || !found.knownIsWhole) report(found.accepted.ranges(above.from, above.to), MAY_BE_OLD)
  return { damaged, unexpected, votesLost: !sameVotes || lostDecisions < 0 || !found.knownIsWhole }
}

const UNREADABLE = 'a record fails its checksum'
const MISSING = 'a record is missing'
const MAY_BE_OLD = 'one of these records is an old version'

const one = (slot: Slot): SlotRange => ({ from: slot, to: slot + 1 })

/** The slots of a range that are in none of the sets. */
export function missingFrom(sets: readonly SlotRanges[], range: SlotRange): SlotRanges {
  const missing = new SlotRanges()
  missing.add(range.from, range.to)
  for (const set of sets) {
    for (const { from, to } of set.ranges(range.from, range.to)) missing.remove(from, to)
  }
  return missing
}
