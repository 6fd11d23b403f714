import type { Slot, SlotRange } from '../../contract/slot.js'
import type { Ledger } from '../engine/ledger.js'
import { ChecksumTally } from './checksum-tally.js'
import type { Meta } from './meta-record.js'
import { PackedSlots } from './packed-slots.js'

/**
 * What the store holds once the newest group is written: the engine's own books, from which each group's meta record is
 * made. They run ahead of what readers are shown by the group that is under way.
 */
export class StoreState {
  readonly ledger: Ledger
  readonly packed = new PackedSlots()
  readonly accepted = new ChecksumTally<Slot>()
  readonly configurations = new ChecksumTally<string>()
  /** By the number of the blob. */
  readonly checkpoints = new ChecksumTally<number>()
  /** Notes of damaged slots by their first slot. */
  readonly damage = new ChecksumTally<Slot>()
  /** The same notes, each with its end. A decided slot inside one was repaired since. */
  readonly damageNotes = new Map<Slot, Slot>()
  /** Blobs of checkpoints whose header is there and cannot be read; in no tally. */
  readonly unreadableCheckpoints: number[] = []
  /** Keys of configurations that are there and cannot be read; in no tally. */
  readonly unreadableConfigurations: Uint8Array[] = []
  sequence = 0
  nextBlob = 0

  constructor(ledger: Ledger) {
    this.ledger = ledger
  }

  meta(): Meta {
    const { ledger } = this
    return {
      sequence: this.sequence,
      point: ledger.point,
      compactedBallot: ledger.compactedBallot,
      promised: ledger.promised,
      votesLost: ledger.votesLost,
      contiguousTo: ledger.contiguousTo,
      nextSlot: ledger.nextSlot,
      committedCount: ledger.decided.count,
      accepted: this.accepted.tally,
      configurations: this.configurations.tally,
      checkpoints: this.checkpoints.tally,
      damage: this.damage.tally,
      nextBlob: this.nextBlob,
    }
  }

  /** The proposals of a range are gone. */
  forgetAccepted(range: SlotRange): void {
    for (const { from, to } of this.ledger.accepted.ranges(range.from, range.to)) {
      for (let slot = from; slot < to; slot++) this.accepted.delete(slot)
    }
  }
}
