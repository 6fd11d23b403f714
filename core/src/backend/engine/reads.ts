import type { CallOptions } from '../../contract/decision-log.js'
import type { BorrowedReads, SyncReads } from '../../contract/facets.js'
import type { Decision, Proposal } from '../../contract/proposal.js'
import type { OpenSlotRange, Slot, SlotRange } from '../../contract/slot.js'
import { raise } from '../../errors/raise.js'
import * as check from '../arguments.js'
import type { Outline } from './ledger.js'
import { lend } from './lent-view.js'
import type { LogParts } from './log-parts.js'

/** Reads of single slots over the shown state. */
export class Reads {
  readonly #parts: LogParts
  readonly #overwritesLent: boolean

  constructor(parts: LogParts) {
    this.#parts = parts
    this.#overwritesLent = parts.engine.overwritesLent ?? false
  }

  /** Throws unless the log is open. */
  checkOpen(operation: string): void {
    this.#parts.life.check(operation, 'read')
  }

  decision(slot: Slot): Decision | undefined {
    return this.#entry(slot, 'decided')
  }

  accepted(slot: Slot): Proposal | undefined {
    return this.#entry(slot, 'accepted')
  }

  borrow<T>(slot: Slot, use: (value: Uint8Array) => T): T | undefined {
    const { writes, counts } = this.#parts
    // What is below the point is decided no more.
    if (!writes.shown.decided.has(slot) && this.#status(slot) !== 'decided') return undefined
    const value = writes.borrowValue(slot)
    if (value === 'damaged') throw raise.damagedSlot(slot)
    if (!value) return undefined
    counts.reads++
    return this.#overwritesLent ? lend(value, use) : use(value)
  }

  borrowAll(range: OpenSlotRange, use: (slot: Slot, value: Uint8Array) => unknown): Slot {
    const { writes, counts } = this.#parts
    const { shown } = writes
    const from = range.from ?? shown.point
    if (from < shown.point) throw raise.compacted(from, shown.point)
    const to = Math.min(range.to ?? Number.MAX_SAFE_INTEGER, shown.nextSlot)
    for (let stretch = decidedFrom(shown, from, to); stretch; stretch = decidedFrom(shown, stretch.to, to)) {
      for (let slot = stretch.from; slot < stretch.to; slot++) {
        const value = writes.borrowValue(slot)
        if (value === 'damaged') throw raise.damagedSlot(slot)
        if (!value) continue
        counts.reads++
        const answer = this.#overwritesLent ? lend(value, (view) => use(slot, view)) : use(slot, value)
        if (answer === false) return slot + 1
      }
    }
    return Math.max(from, to)
  }

  async *gaps(range: OpenSlotRange | undefined, options: CallOptions | undefined): AsyncGenerator<SlotRange> {
    check.checkRange(range)
    check.checkOptions(options)
    const { life, writes } = this.#parts
    const found = await life.run('gaps', 'read', options?.signal, () => {
      const { shown } = writes
      const from = range?.from ?? shown.point
      if (from < shown.point) throw raise.compacted(from, shown.point)
      return undecided(shown.decided.ranges(from), from, range?.to ?? shown.nextSlot)
    })
    yield* found
  }

  #entry(slot: Slot, wanted: 'decided' | 'accepted'): Decision | undefined {
    const { writes, counts } = this.#parts
    if (this.#status(slot) !== wanted) return undefined
    const entry = writes.read(slot)
    if (entry === 'damaged') throw raise.damagedSlot(slot)
    if (!entry) return undefined
    counts.reads++
    return { slot, ballot: entry.ballot, value: entry.value, proof: entry.proof }
  }

  #status(slot: Slot) {
    const { shown } = this.#parts.writes
    if (slot < shown.point) throw raise.compacted(slot, shown.point)
    const status = shown.status(slot)
    if (status === 'damaged') throw raise.damagedSlot(slot)
    return status
  }
}

/** The first decided slots of `from <= slot < to`; throws where a damaged one comes before. */
function decidedFrom({ decided, damaged }: Outline, from: Slot, to: Slot): SlotRange | undefined {
  const stretch = from < to ? decided.firstRangeFrom(from) : undefined
  const end = Math.min(stretch?.from ?? to, to)
  const firstDamaged = damaged.count > 0 ? damaged.firstFrom(from) : undefined
  if (firstDamaged !== undefined && firstDamaged < end) throw raise.damagedSlot(firstDamaged)
  return stretch && stretch.from < to ? { from: stretch.from, to: Math.min(stretch.to, to) } : undefined
}

function undecided(decided: Iterable<SlotRange>, from: Slot, to: Slot): SlotRange[] {
  const gaps: SlotRange[] = []
  let next = from
  for (const range of decided) {
    if (range.from >= to) break
    if (range.from > next) gaps.push({ from: next, to: range.from })
    next = range.to
  }
  if (next < to) gaps.push({ from: next, to })
  return gaps
}

/** The facet over `reads`. */
export function syncReadsOf(reads: Reads): SyncReads {
  return {
    read(slot) {
      check.checkSlot(slot)
      reads.checkOpen('syncReads.read')
      return reads.decision(slot)
    },
    readAccepted(slot) {
      check.checkSlot(slot)
      reads.checkOpen('syncReads.readAccepted')
      return reads.accepted(slot)
    },
  }
}

/** The facet over `reads`. */
export function borrowedReadsOf(reads: Reads): BorrowedReads {
  return {
    read(slot, use) {
      check.checkSlot(slot)
      check.checkFunction(use, 'use')
      reads.checkOpen('borrowedReads.read')
      return reads.borrow(slot, use)
    },
    scan(range, use) {
      check.checkObject(range, 'range')
      check.checkRange(range)
      check.checkFunction(use, 'use')
      reads.checkOpen('borrowedReads.scan')
      return reads.borrowAll(range, use)
    },
  }
}
