import { SlotRanges, type Damage } from '@persistent-log/core/backend'
import { isInRegion, placeOf } from '../regions/address.js'
import type { SlotTable } from '../regions/slot-table.js'
import { RECORD } from '../segments/record.js'
import type { Lost } from '../segments/segment-scan.js'
import type { KnownStretch } from './known-damage.js'
import type { Replay } from './replay.js'

/** Damage where the scan met it. */
export interface FoundDamage extends KnownStretch {
  readonly reason: string
  readonly file: string
  /** Of the first damaged byte, in the log. */
  readonly position: number
  readonly lost: Lost
}

/** Damage and what it costs, as far as that can be told. */
export interface JudgedDamage extends FoundDamage {
  readonly slots: readonly { readonly from: number; readonly to: number }[]
  readonly losesVotes: boolean
}

const bit = (kind: number): number => 1 << kind
const SLOT_KINDS = bit(RECORD.accept) | bit(RECORD.decide) | bit(RECORD.mark)

/**
 * Which slots a damage leaves in doubt: those that a lost record may have been about, but not those that are decided (a
 * decision never changes), not those with a newer record (it replaced the lost one), and not those that were discarded since
 * (nothing is discarded that is decided or damaged).
 */
export function judgeDamage(found: FoundDamage, replay: Replay, table: SlotTable): JudgedDamage {
  const { lost, position, from: first, to: end } = found
  // What is intact within the damage may be older than what was lost beside it.
  const behind = position + end - first
  const { ledger } = replay
  const doubtful = new SlotRanges()
  const may = (kinds: number): boolean => lost.kinds === undefined || (lost.kinds & kinds) !== 0
  if (may(SLOT_KINDS)) {
    for (const { from, to } of lost.slots ?? [{ from: ledger.point, to: replay.reachBehind(behind) }]) {
      doubtful.add(Math.max(from, ledger.point), to)
    }
  }
  if (may(bit(RECORD.discard))) {
    // Any older proposal may have been dropped.
    for (const { from, to } of ledger.accepted.ranges()) doubtful.add(from, to)
  }
  for (const { from, to } of [...ledger.decided.ranges()]) doubtful.remove(from, to)
  for (const { from, to, position: at } of replay.discards) if (at >= behind) doubtful.remove(from, to)
  for (const { from, to } of [...ledger.accepted.ranges()]) {
    for (let slot = from; slot < to; slot++) {
      const address = table.get(slot)
      if (isInRegion(address) || placeOf(address) > behind) doubtful.remove(slot, slot + 1)
    }
  }
  const losesPromise = may(bit(RECORD.promise)) && replay.promisedAt < behind
  const losesAccept = may(bit(RECORD.accept) | bit(RECORD.discard)) && doubtful.count > 0
  const losesVotes = losesPromise || losesAccept || may(bit(RECORD.configure))
  return { ...found, slots: [...doubtful.ranges()], losesVotes }
}

/** What the user is told: an entry per range of slots. */
export function damageReport({ reason, file, from: offset, slots }: JudgedDamage): Damage[] {
  const about = { reason, file: `engine/${file}`, offset }
  return slots.length === 0 ? [about] : slots.map((range) => ({ ...about, slots: range }))
}
