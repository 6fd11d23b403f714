import type { Change, DiskEvent } from './disk-event.js'
import { ROOT } from './disk-event.js'

/**
 * What a file system promises about that which was not flushed:
 *
 * - `in-order`: it loses the end, never something before it, so that what is durable makes all before it durable too. The
 *   gentlest that there is; the last write may be torn.
 * - `ext4`: the bytes of a write may be missing while later ones are there, but names, lengths and removals are kept in
 *   their order, and any flush makes all earlier ones of those durable.
 * - `strict`: what POSIX says, and no more. Every write, name and removal may be missing by itself until the file, or the
 *   directory that holds the name, was flushed.
 */
export type DiskModel = 'in-order' | 'ext4' | 'strict'

/** In bytes: what a device writes whole or not at all. */
export const SECTOR_BYTES = 512
/** A long write is not taken apart further than this. */
const MOST_PIECES = 32

/** The smallest effect that a crash keeps or loses as a whole, but for a torn last write. */
export interface Unit {
  readonly change: Change
  /** Its place among the units. */
  readonly number: number
  /** Its place among the events. */
  readonly began: number
  /** A crash at this place, or later, does not take it any more. */
  durable: number
}

const isData = ({ change }: Unit): boolean => change.kind === 'write'

/** The node whose flush makes a unit durable. A rename is durable with the directory that it leads to. */
function keeperOf({ change }: Unit): number {
  return 'node' in change && !('directory' in change) ? change.node : change.directory
}

function* unitsOf(change: Change): Generator<Change> {
  if (change.kind !== 'write') return void (yield change)
  const end = change.offset + change.bytes.byteLength
  const step = SECTOR_BYTES * Math.ceil(change.bytes.byteLength / SECTOR_BYTES / MOST_PIECES)
  for (let from = change.offset; from < end;) {
    const to = Math.min(end, (Math.floor(from / step) + 1) * step)
    const bytes = change.bytes.subarray(from - change.offset, to - change.offset)
    yield { kind: 'write', node: change.node, offset: from, bytes }
    from = to
  }
}

/** A unit that is not durable yet, and where its call ended. */
interface Waiting {
  readonly unit: Unit
  readonly ended: number
}

/** Cuts a trace into units, and says from when on each is safe. */
export function unitsOfTrace(events: readonly DiskEvent[], model: DiskModel): Unit[] {
  const units: Unit[] = []
  let waiting: Waiting[] = []
  // Of two flushes that overlap, the one that ends first counts, which need not have begun first.
  const settle = (is: (one: Waiting) => boolean, began: number, at: number): void => {
    waiting = waiting.filter(({ unit }) => unit.durable > began)
    for (const one of waiting) if (is(one)) one.unit.durable = Math.min(one.unit.durable, at)
  }
  for (const [began, event] of events.entries()) {
    const hasEnded = ({ ended }: Waiting): boolean => ended <= began
    if (event.kind === 'change') {
      const { ended, writeThrough = false } = event
      if (writeThrough && model === 'in-order') settle(hasEnded, began, ended)
      for (const change of unitsOf(event.change)) {
        const unit: Unit = { change, number: units.length, began, durable: writeThrough ? ended : Infinity }
        units.push(unit)
        if (!writeThrough) waiting.push({ unit, ended })
      }
    }
    if (event.kind !== 'flush') continue
    const isReached = (one: Waiting): boolean => hasEnded(one) && isCovered(one.unit, event.node, model)
    if (event.failed === true) {
      // It leaves the pages of a file behind as if they were clean: no later flush writes them. Names and lengths are
      // kept in a journal, which does not forget.
      waiting = waiting.filter((one) => !isReached(one) || !isData(one.unit))
    } else if (model === 'in-order') {
      const last = waiting.findLast(isReached)?.unit.began ?? -1
      settle((one) => hasEnded(one) && one.unit.began <= last, began, event.ended)
    } else settle(isReached, began, event.ended)
  }
  return units
}

function isCovered(unit: Unit, flushed: number, model: DiskModel): boolean {
  return keeperOf(unit) === flushed || (model === 'ext4' && !isData(unit))
}

/** Completes a choice of lost units: what a model cannot keep without something lost is lost too. */
export function lostWith(pending: readonly Unit[], lost: ReadonlySet<Unit>, model: DiskModel): Unit[] {
  if (model === 'strict') return pending.filter((unit) => lost.has(unit))
  let isJournalOver = false
  return pending.filter((unit) => {
    const isOrdered = model === 'in-order' || !isData(unit)
    if (isOrdered) isJournalOver ||= lost.has(unit)
    return lost.has(unit) || (isOrdered && isJournalOver)
  })
}

/** Says what a unit is, for people. */
export function shownUnit({ change }: Unit): string {
  if (change.kind === 'write') return `write ${change.node}@${change.offset}+${change.bytes.byteLength}`
  if (change.kind === 'truncate') return `truncate ${change.node} to ${change.size}`
  if (change.kind === 'rename') return `rename ${change.fromName} to ${change.name}`
  return `${change.kind} ${change.directory === ROOT ? '' : `${change.directory}/`}${change.name}`
}
