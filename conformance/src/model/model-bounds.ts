import type { LogBounds } from '@persistent-log/core'
import type { ModelLog } from './model-log.js'

/** What `bounds()` must say, counted from scratch. */
export function modelBounds(model: ModelLog): LogBounds {
  const { point, compactedBallot, slots } = model.state
  const all = model.slots()
  const decided = all.filter((slot) => slots.get(slot)?.decided)
  const nextSlot = model.nextSlot()
  return {
    compactedBefore: point,
    compactedBallot: compactedBallot && { ...compactedBallot },
    contiguousTo: model.contiguousTo(),
    nextSlot,
    lowest: decided[0],
    highest: decided.at(-1),
    committedCount: decided.length,
    acceptedCount: all.length - decided.length,
    damagedCount: 0,
    missingCount: nextSlot - point - all.length,
  }
}

/** The ranges of undecided slots, as `gaps()` must list them. */
export function modelGaps(
  model: ModelLog,
  from = model.state.point,
  to = model.nextSlot(),
): { from: number; to: number }[] {
  const gaps: { from: number; to: number }[] = []
  let next = from
  for (const slot of model.slots(from, to)) {
    if (!model.state.slots.get(slot)?.decided) continue
    if (slot > next) gaps.push({ from: next, to: slot })
    next = slot + 1
  }
  if (next < to) gaps.push({ from: next, to })
  return gaps
}
