import { footerEnd } from '../sealing/footer.js'
import { decodeGroupHeader, GROUP_HEADER_BYTES, type GroupHeader } from '../segments/group.js'
import { RECORD } from '../segments/record.js'
import type { Segment } from '../segments/segment.js'
import { SEGMENT_HEADER_BYTES } from '../segments/segment-header.js'
import { recordsIn, stretchesOf, type IntactStretch, type Stretch } from '../segments/segment-scan.js'
import type { SegmentWindow } from '../segments/segment-window.js'
import { chainBehind, FIRST_CHAIN, type Chain } from '../segments/chain.js'
import type { FoundDamage } from './damage.js'
import { GroupReplay } from './group-replay.js'
import type { Pace } from '../turns.js'
import type { Replay } from './replay.js'

/** A segment and what the scan of it found. */
export interface ScannedSegment {
  readonly segment: Segment
  readonly stretches: readonly Stretch[]
}

/** The last segment, taken apart: proven to be flushed; whole but unproven; the rest is cut. */
export interface SplitTail {
  readonly proven: readonly Stretch[]
  readonly unproven: readonly IntactStretch[]
  /** The position behind the last group that counts. */
  readonly end: number
  readonly tornBytes: number
  /** Something stands behind the end: it is going to be cut. */
  readonly hasRest: boolean
}

/** Of a last segment that need not be scanned. */
export const nothingSplit = (end: number): SplitTail => ({
  proven: [],
  unproven: [],
  end,
  tornBytes: 0,
  hasRest: false,
})

/** A segment to scan. */
export interface SegmentToScan {
  readonly segment: Segment
  /** Of its file. */
  readonly window: SegmentWindow
  readonly next: Segment | undefined
  /** It ends with its file. */
  readonly isCut: boolean
  /** Gets each stretch as soon as it is verified, while the window holds it. */
  readonly apply?: ((stretch: Stretch) => void) | undefined
}

/** Scans a segment. A sealed one ends where its successor says, and was flushed up to there. */
export async function scanOne(
  { segment, window, next, isCut, apply }: SegmentToScan,
  damage: FoundDamage[],
  pace: Pace,
): Promise<ScannedSegment> {
  const { header, file, name, seed } = segment
  const isFollowed = next?.header.number === header.number + 1
  const limit = isFollowed ? next.header.previousEnd : (footerEnd(segment) ?? file.size)
  if (file.size < limit) {
    damage.push({
      ...{
        segment: header.number,
        file: name,
        from: file.size,
        to: limit,
        position: header.base + file.size,
      },
      reason: 'a segment ends too early',
      lost: { kinds: undefined, slots: undefined },
    })
  }
  segment.end = Math.min(file.size, limit)
  const successor = isFollowed ? headOf(next) : undefined
  const unused = isFollowed || isCut ? undefined : header
  const { base, firstSequence } = header
  const stretches: Stretch[] = []
  for (const stretch of stretchesOf(window, segment.end, { base, seed, firstSequence, successor, unused })) {
    stretches.push(stretch)
    apply?.(stretch)
    if (pace.isOver(stretch.to - stretch.from)) await pace.turn()
  }
  // Where nobody says it, the segment ends behind the last trace of a group.
  if (unused) segment.end = stretches.at(-1)?.to ?? Math.min(SEGMENT_HEADER_BYTES, segment.end)
  if (isCut && isFooter(stretches)) segment.end = stretches.pop()?.from ?? segment.end
  return { segment, stretches }
}

/** Behind the close stands nothing but the footer. */
function isFooter(stretches: readonly Stretch[]): boolean {
  const [closed, rest] = stretches.slice(-2)
  return rest !== undefined && !rest.header && closed?.kind === 'group' && isClose(closed.header)
}

const isClose = ({ kinds }: GroupHeader): boolean => (kinds & (1 << RECORD.close)) !== 0

/** The group of a close, which holds nothing else. */
const isLoneClose = (header: GroupHeader): boolean => isClose(header) && header.records === 1

/** The first group of a segment, where its frame is intact. */
function headOf({ header, file, seed }: Segment): GroupHeader | undefined {
  const end = SEGMENT_HEADER_BYTES + GROUP_HEADER_BYTES
  if (file.size < end) return undefined
  const bytes = file.read(SEGMENT_HEADER_BYTES, GROUP_HEADER_BYTES)
  return decodeGroupHeader(bytes, 0, GROUP_HEADER_BYTES, header.base + SEGMENT_HEADER_BYTES, seed)
}

/** A last segment that need not be scanned. */
export function unscanned(segment: Segment): ScannedSegment {
  return { segment, stretches: [] }
}

/**
 * Tells the torn tail of an unclean end from rot: what a later group says was flushed is proven, and so is everything
 * after a clean close. Unproven damage is where the log ends. The segment's `end` becomes the end of what counts.
 *
 * A close that is not proven is left out: nobody rolls directly behind a close (see `Tail.mayRoll`).
 */
export function splitLast({ segment, stretches }: ScannedSegment, allProven: boolean): SplitTail {
  const { base } = segment.header
  let provenTo = 0
  for (const { header } of stretches) provenTo = Math.max(provenTo, header?.flushedTo ?? 0)
  const isProven = (offset: number): boolean => allProven || base + offset < provenTo
  const proven: Stretch[] = []
  const unproven: IntactStretch[] = []
  let end = Math.min(SEGMENT_HEADER_BYTES, segment.end)
  for (const stretch of stretches) {
    if (isProven(stretch.from)) proven.push(stretch)
    else if (stretch.kind === 'group') unproven.push(stretch)
    else break
    end = stretch.to
  }
  const tornBytes = segment.end - end
  const last = unproven.at(-1)
  if (last && isLoneClose(last.header)) {
    unproven.pop()
    end = last.from
  }
  const hasRest = segment.end > end
  segment.end = end
  return { proven, unproven, end: base + end, tornBytes, hasRest }
}

/**
 * Applies whole groups while their segment is scanned, until something else comes: they count, whatever stands behind them.
 * A lone close waits for what follows it, since one that is not proven is left out.
 */
export class WholePrefix {
  readonly #apply: (stretch: Stretch) => void
  #waiting: Stretch | undefined
  #length = 0
  #isOver = false

  constructor(apply: (stretch: Stretch) => void) {
    this.#apply = apply
  }

  /** How many are applied. */
  get length(): number {
    return this.#length
  }

  /** The next stretch of the segment. */
  readonly take = (stretch: Stretch): void => {
    this.#isOver ||= stretch.kind !== 'group'
    if (this.#isOver) return
    if (this.#waiting) this.#applyOne(this.#waiting)
    this.#waiting = stretch.header && isLoneClose(stretch.header) ? stretch : undefined
    if (!this.#waiting) this.#applyOne(stretch)
  }

  #applyOne(stretch: Stretch): void {
    this.#apply(stretch)
    this.#length++
  }
}

/** What the next group has to follow. */
export function chainBehindAll(segment: Segment, stretches: readonly Stretch[]): Chain {
  const last = stretches.at(-1)
  let sequence = segment.header.firstSequence
  for (const { header } of stretches) if (header) sequence = header.sequence + 1
  if (!last?.header) return { ...FIRST_CHAIN, sequence: last ? sequence + 1 : sequence }
  return { ...chainBehind(last.header), sequence }
}

/** Applies stretches of a segment, one per call, in order. The window is of its file. */
export function applierOf(
  replay: Replay,
  segment: Segment,
  window: SegmentWindow,
  damage: FoundDamage[],
): (stretch: Stretch) => void {
  const { base, number } = segment.header
  const groups = replay.hasRegion ? undefined : new GroupReplay(replay, segment, window)
  return (stretch) => {
    const { from, to } = stretch
    replay.applyRegion(base + from)
    if (stretch.kind === 'group' && groups) {
      groups.apply(from, to)
    } else {
      const records = stretch.kind === 'group' ? recordsIn(window, segment, from, to) : stretch.records
      for (const { offset, record } of records) replay.apply(record, base + offset, segment)
    }
    if (stretch.header) replay.frame(stretch.header, base + from)
    if (stretch.kind === 'group') return
    replay.gap()
    const { reason, lost } = stretch
    damage.push({ segment: number, file: segment.name, from, to, reason, lost, position: base + from })
  }
}
