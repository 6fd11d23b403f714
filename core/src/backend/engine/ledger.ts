import type { Ballot } from '../../contract/ballot.js'
import type { ConfigurationRecord } from '../../contract/configuration-store.js'
import type { LogBounds } from '../../contract/decision-log.js'
import type { Slot, SlotRange } from '../../contract/slot.js'
import type { SlotState } from '../laws/ballot-law.js'
import { AcceptedSlots, type AcceptedPiece } from './accepted-slots.js'
import type { Effect, StoredCheckpoint } from './effect.js'
import { entryBytes } from './entry-bytes.js'
import { SlotRanges } from './slot-ranges.js'

/** A ledger that does without the ballots and the sizes of proposals: only who judges asks for them. */
export type Outline = Omit<Ledger, OfProposals | 'copy'>
type OfProposals =
  'state' | 'acceptedBallot' | 'isAcceptedAs' | 'acceptedBytes' | 'acceptedPieces' | 'uncommittedBytes'

/**
 * What each slot holds, and everything else of a log that is small: all but the bytes of the entries. Decided slots cost
 * memory by their gaps only, undecided ones 8 bytes each, and 24 where ballots differ.
 *
 * A log keeps two: one with every judged effect, and an outline with those that are durable and may be shown.
 */
export class Ledger {
  readonly decided: SlotRanges
  readonly accepted: SlotRanges
  readonly damaged: SlotRanges
  readonly configurations: Map<string, ConfigurationRecord>
  /** Ascending by slot. */
  readonly checkpoints: StoredCheckpoint[]
  promised: Ballot | undefined
  point: Slot
  /** The ballot of the decision just below the point, where it is known. */
  compactedBallot: Ballot | undefined
  votesLost = false
  /** An outline has none. */
  readonly #acceptedSlots: AcceptedSlots | undefined
  #uncommittedBytes = 0

  constructor(firstSlot: Slot, from?: Ledger, isOutline = false) {
    this.decided = from ? from.decided.copy() : new SlotRanges()
    this.accepted = from ? from.accepted.copy() : new SlotRanges()
    this.damaged = from ? from.damaged.copy() : new SlotRanges()
    this.configurations = new Map(from?.configurations)
    this.checkpoints = [...(from?.checkpoints ?? [])]
    this.promised = from?.promised
    this.point = firstSlot
    this.compactedBallot = from?.compactedBallot
    this.votesLost = from?.votesLost ?? false
    this.#acceptedSlots = isOutline ? undefined : new AcceptedSlots(from ? from.#acceptedSlots : undefined)
    this.#uncommittedBytes = from ? from.#uncommittedBytes : 0
  }

  copy(): Ledger {
    return new Ledger(this.point, this)
  }

  outline(): Outline {
    return new Ledger(this.point, this, true)
  }

  /** Bytes of all values and proofs that are accepted but undecided. */
  get uncommittedBytes(): number {
    return this.#uncommittedBytes
  }

  status(slot: Slot): SlotState['status'] {
    if (this.decided.has(slot)) return 'decided'
    if (this.accepted.count > 0 && this.accepted.has(slot)) return 'accepted'
    return this.damaged.count > 0 && this.damaged.has(slot) ? 'damaged' : 'empty'
  }

  state(slot: Slot): SlotState {
    if (this.decided.has(slot)) return DECIDED
    const ballot = this.acceptedBallot(slot)
    if (ballot) return { status: 'accepted', ballot }
    return this.damaged.count > 0 && this.damaged.has(slot) ? DAMAGED : EMPTY
  }

  acceptedBallot(slot: Slot): Ballot | undefined {
    return this.accepted.count > 0 ? this.#acceptedSlots?.ballot(slot) : undefined
  }

  /** True when the slot holds an undecided proposal of this ballot. */
  isAcceptedAs(slot: Slot, ballot: Ballot): boolean {
    return this.accepted.count > 0 && this.#acceptedSlots?.has(slot, ballot) === true
  }

  /** Bytes that the proposal in a slot counts towards the limit of undecided entries. */
  acceptedBytes(slot: Slot): number {
    return this.accepted.count > 0 ? (this.#acceptedSlots?.bytes(slot) ?? 0) : 0
  }

  /** All undecided proposals, by slot, in pieces that have one ballot. Nothing may change meanwhile. */
  *acceptedPieces(): Generator<AcceptedPiece> {
    if (!this.#acceptedSlots) return
    for (const range of this.accepted.ranges()) yield* this.#acceptedSlots.pieces(range)
  }

  /**
   * The effects with `from <= index < to`, in order. Decisions of slots that follow each other enter as one range, so that a
   * batch of them costs what one does.
   */
  applyAll(effects: readonly Effect[], from = 0, to = effects.length): void {
    for (let at = from; at < to;) {
      const effect = effects[at]!
      const length = effect.kind === 'decide' ? runLength(effect.slot, effects, at, to) : 1
      if (length > 1 && 'slot' in effect && effect.slot >= this.point) {
        this.addDecidedRange({ from: effect.slot, to: effect.slot + length })
      } else {
        for (let index = at; index < at + length; index++) this.apply(effects[index]!)
      }
      at += length
    }
  }

  apply(effect: Effect): void {
    switch (effect.kind) {
      case 'accept':
        return this.addAccepted(effect.slot, effect.ballot, entryBytes(effect))
      case 'decide':
        return this.addDecided(effect.slot)
      case 'discard':
        return this.removeAccepted(effect.from, effect.to)
      case 'promise':
        this.promised = effect.ballot
        return
      case 'compact':
        return this.moveThePoint(effect.before, effect.ballot)
      case 'configure':
        this.configurations.set(effect.name, { version: effect.version, value: effect.value })
        return
      case 'checkpoint':
        return this.addCheckpoint(effect.checkpoint)
      case 'drop-checkpoint': {
        const at = this.checkpoints.findIndex((checkpoint) => checkpoint.blob === effect.blob)
        if (at >= 0) this.checkpoints.splice(at, 1)
        return
      }
      case 'accept-lost-votes':
        this.votesLost = false
        return
    }
  }

  addAccepted(slot: Slot, ballot: Ballot, bytes: number): void {
    if (slot < this.point) return
    const before = this.#acceptedSlots?.set(slot, ballot, bytes)
    if (before === undefined) this.accepted.addOne(slot)
    this.#uncommittedBytes += bytes - (before ?? 0)
    if (this.damaged.count > 0) this.damaged.removeOne(slot)
  }

  addDecided(slot: Slot): void {
    if (slot < this.point) return
    if (this.accepted.count > 0) {
      if (this.#acceptedSlots) this.#forget(slot, this.#acceptedSlots)
      this.accepted.removeOne(slot)
    }
    this.decided.addOne(slot)
    if (this.damaged.count > 0) this.damaged.removeOne(slot)
  }

  /** All slots of the range, which lies at or above the point. */
  addDecidedRange({ from, to }: SlotRange): void {
    if (this.accepted.count > 0) this.removeAccepted(from, to)
    this.decided.add(from, to)
    if (this.damaged.count > 0) this.damaged.remove(from, to)
  }

  /** Slots that follow each other, as those of most batches do, enter as one range. */
  addAllDecided(slots: readonly Slot[]): void {
    for (let at = 0; at < slots.length;) {
      const from = slots[at]!
      let to = from
      for (; at < slots.length && slots[at] === to; at++) to++
      if (from < this.point) for (let slot = from; slot < to; slot++) this.addDecided(slot)
      else this.addDecidedRange({ from, to })
    }
  }

  removeAccepted(from: Slot, to: Slot): void {
    if (this.#acceptedSlots) {
      for (const range of this.accepted.ranges(from, to)) {
        for (let slot = range.from; slot < range.to; slot++) this.#forget(slot, this.#acceptedSlots)
      }
    }
    this.accepted.remove(from, to)
  }

  /** The slots hold something unreadable: neither decided nor accepted, and not empty. */
  addDamage(range: SlotRange): void {
    const from = Math.max(range.from, this.point)
    if (from >= range.to) return
    this.removeAccepted(from, range.to)
    this.decided.remove(from, range.to)
    this.damaged.add(from, range.to)
  }

  moveThePoint(before: Slot, ballot: Ballot | undefined): void {
    if (before <= this.point) return
    this.removeAccepted(0, before)
    this.decided.remove(0, before)
    this.damaged.remove(0, before)
    this.point = before
    this.compactedBallot = ballot
  }

  addCheckpoint(checkpoint: StoredCheckpoint): void {
    this.checkpoints.push(checkpoint)
    this.checkpoints.sort((a, b) => a.slot - b.slot)
  }

  /** The first slot from the point on that is not decided. */
  get contiguousTo(): Slot {
    return this.decided.firstMissingFrom(this.point)
  }

  /** One behind the highest slot that holds anything; never below the point. */
  get nextSlot(): Slot {
    return Math.max(
      this.point,
      (this.decided.last ?? -1) + 1,
      (this.accepted.last ?? -1) + 1,
      (this.damaged.last ?? -1) + 1,
    )
  }

  bounds(): LogBounds {
    const nextSlot = this.nextSlot
    const held = this.decided.count + this.accepted.count + this.damaged.count
    return {
      compactedBefore: this.point,
      compactedBallot: this.compactedBallot,
      contiguousTo: this.contiguousTo,
      nextSlot,
      lowest: this.decided.first,
      highest: this.decided.last,
      committedCount: this.decided.count,
      acceptedCount: this.accepted.count,
      damagedCount: this.damaged.count,
      missingCount: nextSlot - this.point - held,
    }
  }

  #forget(slot: Slot, acceptedSlots: AcceptedSlots): void {
    this.#uncommittedBytes -= acceptedSlots.delete(slot) ?? 0
  }
}

const EMPTY: SlotState = { status: 'empty' }
const DAMAGED: SlotState = { status: 'damaged' }
const DECIDED: SlotState = { status: 'decided' }

/** How many effects from `at` on decide the slots from `slot` on, one after the other. */
function runLength(slot: Slot, effects: readonly Effect[], at: number, to: number): number {
  let length = 1
  for (; at + length < to; length++) {
    const next = effects[at + length]!
    if (next.kind !== 'decide' || next.slot !== slot + length) break
  }
  return length
}
