import type { Survival } from '@persistent-log/core'
import { BALLOT } from '../subjects/log-subject.js'
import { logOf } from './needs.js'
import type { Bed } from './workload.js'

/** Slots per call; also bounded in bytes. */
const MOST_SLOTS = 1_000
const MOST_BYTES = 4 * 1024 * 1024

/** Accepts the values of so many slots, in batches. */
export async function acceptBatch(bed: Bed, from: number, slots: number, survives: Survival): Promise<void> {
  const log = logOf(bed.subject)
  const step = Math.max(1, Math.min(MOST_SLOTS, Math.floor(MOST_BYTES / bed.values.bytes)))
  for (let at = from; at < from + slots; at += step) {
    const length = Math.min(step, from + slots - at)
    const proposals = Array.from({ length }, (_, index) => {
      const slot = at + index
      return { slot, ballot: BALLOT, value: bed.values.at(slot) }
    })
    await log.acceptAll(proposals, { survives })
  }
}

/** Decides what was accepted in `from <= slot < to`, in batches. */
export async function commitAccepted(bed: Bed, from: number, to: number): Promise<void> {
  const log = logOf(bed.subject)
  for (let at = from; at < to; at += MOST_SLOTS) {
    const length = Math.min(MOST_SLOTS, to - at)
    await log.commitAll(Array.from({ length }, (_, index) => ({ slot: at + index, ballot: BALLOT })))
  }
}
