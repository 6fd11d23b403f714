import type { StoredEffect } from '../engine/stored-effect.js'
import { REGION_NAME } from '../ring/ring-layout.js'
import type { Segment } from '../segments/segment.js'
import type { SegmentFiles } from '../segments/segment-files.js'
import type { Tail } from '../segments/tail.js'
import type { Replay } from './replay.js'

/** Entries of the mutable region that move to the tail in one group. */
const MOVED_SLOTS = 1024

/** What recovery itself adds to the tail: entries of the mutable region, and what became of the votes. */
export function finalEffects(replay: Replay, losesVotes: boolean): StoredEffect[][] {
  const moved = replay.onlyInRegion()
  const batches: StoredEffect[][] = []
  for (let at = 0; at < moved.length; at += MOVED_SLOTS) batches.push(moved.slice(at, at + MOVED_SLOTS))
  const rest: StoredEffect[] = []
  if (losesVotes && !replay.ledger.votesLost) {
    rest.push({ kind: 'votes-lost' })
    replay.ledger.votesLost = true
  }
  if (replay.isWeak) rest.push({ kind: 'weak-end' })
  if (rest.length > 0) batches.push(rest)
  return batches
}

/** What a crash left: bytes behind a cut, retired segments, the mutable region of an earlier session. */
export async function dropLeftovers(
  files: SegmentFiles,
  tail: Tail,
  last: Segment,
  firstSegment: number,
): Promise<void> {
  for (const segment of tail.segments) {
    if (segment === tail.active || segment.file.size <= segment.end) continue
    await segment.file.truncate(segment.end)
    await segment.file.flush()
  }
  await tail.retireBefore(Math.min(firstSegment, last.header.number))
  await files.remove(REGION_NAME)
}
