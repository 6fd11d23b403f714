import type { Ballot } from '../../contract/ballot.js'
import type { Slot } from '../../contract/slot.js'
import type { WritePath } from './write-path.js'

/** The ballot just below a point, where it is known: of the decision there, or of a checkpoint at exactly the point. */
export function ballotBelow(point: Slot, writes: WritePath): Ballot | undefined {
  if (writes.judged.decided.has(point - 1)) {
    const entry = writes.newest(point - 1)
    if (entry !== 'damaged') return entry.ballot
  }
  return writes.judged.checkpoints.find((one) => one.slot === point)?.ballot
}
