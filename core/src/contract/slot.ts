/**
 * A position in the log: an integer from 0 to {@link MAX_SLOT}. Slot 0 is ordinary. Raft calls it an index.
 *
 * The largest slot leaves room for the end of a half-open range and for `nextSlot`, which are safe integers too.
 */
export type Slot = number

/** The largest legal slot, 2^53 - 2. */
export const MAX_SLOT: Slot = Number.MAX_SAFE_INTEGER - 1

/** Half-open: the slots `s` with `from <= s < to`. Neither end needs to hold anything. */
export interface SlotRange {
  readonly from: Slot
  readonly to: Slot
}

/**
 * A range whose ends may be left out: no `from` starts at the point, no `to` ends behind the last stored slot. Left out is
 * what is absent or `undefined`. Anything else that is no slot is a `RangeError`, `null` too: what a caller meant for an end
 * and lost on the way must not become the end of the log.
 */
export interface OpenSlotRange {
  readonly from?: Slot | undefined
  readonly to?: Slot | undefined
}
