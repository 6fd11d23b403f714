import { rewrite } from '../segments/rewriting.js'
import type { Segment } from '../segments/segment.js'
import { SegmentWindow } from '../segments/segment-window.js'
import type { Tail } from '../segments/tail.js'
import type { FoundDamage } from './damage.js'
import type { KnownStretch } from './known-damage.js'
import { Pace } from '../turns.js'
import type { Replay } from './replay.js'
import {
  applierOf,
  nothingSplit,
  scanOne,
  splitLast,
  unscanned,
  WholePrefix,
  type ScannedSegment,
  type SplitTail,
} from './stretches.js'
import { knownEnds } from './verdict.js'

/** What has to be read, and where it leads. */
export interface ReadRequest {
  /** Segments that no footer stands for, in order. */
  readonly open: readonly Segment[]
  readonly tail: Tail
  readonly replay: Replay
  /** What is found is added. */
  readonly damage: FoundDamage[]
  readonly known: readonly KnownStretch[]
  /** The last segment ends with its file. */
  readonly isCut: boolean
  /** No part of the last segment is a torn end. */
  readonly allProven: boolean
}

/** The last segment, read and applied as all others are. */
export interface ReadTail {
  readonly last: ScannedSegment
  readonly isScanned: boolean
  readonly split: SplitTail
  readonly lastKnownEnds: readonly FoundDamage[]
}

/**
 * Scans the segments and applies them in order. The last one is scanned first: what it holds beyond the last proven
 * flush is written and flushed while the others are read. Where there are no others, it is applied while it is scanned, and
 * read once. On return everything that counts is on the device.
 */
export async function readStretches(request: ReadRequest): Promise<ReadTail> {
  const { open, tail, replay, damage, known, isCut, allProven } = request
  const pace = new Pace()
  const active = open.at(-1)
  const lastSegment = active ?? tail.active
  const lastWindow = new SegmentWindow(lastSegment.file)
  const applyLast = applierOf(replay, lastSegment, lastWindow, damage)
  const prefix = new WholePrefix(applyLast)
  const apply = open.length === 1 ? prefix.take : undefined
  const last = active
    ? await scanOne({ segment: active, window: lastWindow, next: undefined, isCut, apply }, damage, pace)
    : unscanned(tail.active)
  const lastKnownEnds = knownEnds(last, known)
  const split = active ? splitLast(last, allProven) : nothingSplit(tail.position)
  const { proven, unproven } = split
  const { end } = last.segment
  const from = unproven[0]?.from ?? end
  const rewriting = rewrite(last.segment, from, end)
  // Told below, once nobody is in between.
  rewriting.catch(() => undefined)
  try {
    for (const [at, segment] of open.slice(0, -1).entries()) {
      const window = new SegmentWindow(segment.file)
      const apply = applierOf(replay, segment, window, damage)
      const one = await scanOne({ segment, window, next: open[at + 1], isCut: false, apply }, damage, pace)
      damage.push(...knownEnds(one, known))
    }
    for (const stretch of [...proven, ...unproven].slice(prefix.length)) {
      applyLast(stretch)
      if (pace.isOver(stretch.to - stretch.from)) await pace.turn()
    }
  } finally {
    // Nobody closes a file that is being written.
    await Promise.allSettled([rewriting])
  }
  await rewriting
  return { last, isScanned: active !== undefined, split, lastKnownEnds }
}
