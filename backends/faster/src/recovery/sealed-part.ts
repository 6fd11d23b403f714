import type { SlotTable } from '../regions/slot-table.js'
import { footerEnd, readFooterHead, readFooterState, type FooterHead } from '../sealing/footer.js'
import { restoreState } from '../sealing/log-state.js'
import { SealedIndex } from '../sealing/sealed-index.js'
import type { Segment } from '../segments/segment.js'
import type { FoundDamage } from './damage.js'
import type { KnownStretch } from './known-damage.js'
import type { Replay } from './replay.js'

/** The segments at the beginning of the tail that need not be read: their footers say what they come to. */
export interface SealedPart {
  readonly heads: readonly FooterHead[]
  /** As of the end of the last of them. */
  readonly state: Buffer
}

/** What the footers of a log say. */
export interface FoundFooters {
  /** `undefined` where every segment has to be read. */
  readonly sealed: SealedPart | undefined
  /** Footers that are not what was written. Nothing is lost with one: its segment is read instead. */
  readonly damage: FoundDamage[]
}

/**
 * The longest part that ends at or before `limit` and in which every footer is whole. Where damage of groups is known,
 * every byte is looked at once more. Of a log that was not closed, a footer may be half written.
 */
export function findFooters(
  segments: readonly Segment[],
  known: readonly KnownStretch[],
  limit: number,
  isClosed: boolean,
): FoundFooters {
  const footers = segments.map((segment, at) => readFooter(segment, segments[at + 1]))
  // Segments are sealed in order: before a footer there is none missing.
  const sealedTo = footers.findLastIndex(({ state }) => state !== undefined)
  const damage = footers.flatMap(({ segment, end, state, isDamaged }, at) =>
    (isDamaged && isClosed) || (at < sealedTo && !state) ? footerDamage(segment, end) : [],
  )
  // A note at the very end is of what was missing behind it.
  const isNoted = footers.some(({ segment: { header }, end }) =>
    known.some(({ segment, from }) => segment === header.number && from <= end),
  )
  const isUsable = ({ segment, end, state }: Footer): boolean =>
    state !== undefined && segment.header.base + end <= limit
  const count = isNoted ? 0 : footers.findLastIndex(isUsable) + 1
  const heads = footers.slice(0, count).flatMap(({ head }) => head ?? [])
  const { state } = footers[count - 1] ?? {}
  return { sealed: state && heads.length === count ? { heads, state } : undefined, damage }
}

/** Nothing that the log says is lost with a footer. */
export function footerDamage({ header, name }: Segment, from: number): FoundDamage {
  return {
    ...{ segment: header.number, from, to: from, file: name, position: header.base + from },
    reason: 'the footer of a segment is damaged',
    lost: { kinds: 0, slots: [] },
  }
}

interface Footer {
  readonly segment: Segment
  /** Where the groups end, as the next segment says, or the end of the file does. */
  readonly end: number
  readonly head: FooterHead | undefined
  readonly state: Buffer | undefined
  readonly isDamaged: boolean
}

function readFooter(segment: Segment, next: Segment | undefined): Footer {
  const { header } = segment
  const told = footerEnd(segment)
  const end = next?.header.number === header.number + 1 ? next.header.previousEnd : told
  if (end === undefined)
    return { segment, end: Infinity, head: undefined, state: undefined, isDamaged: false }
  // The index is verified when it is used.
  const head = readFooterHead(segment, end)
  const state = head && readFooterState(segment, head)
  const isDamaged = state === undefined && (head !== undefined || told === end)
  return { segment, end, head, state, isDamaged }
}

/** Takes the footers for the segments. That of the active one goes before something is appended. */
export function restoreSealed(
  { heads, state }: SealedPart,
  segments: readonly Segment[],
  replay: Replay,
  table: SlotTable,
): void {
  restoreState(replay, state)
  for (const { chain } of heads) replay.writtenTo = Math.max(replay.writtenTo, chain.writtenTo)
  table.dropBelow(replay.ledger.point)
  for (const [at, head] of heads.entries()) {
    const segment = segments[at]!
    segment.end = head.end
    segment.unreadBelow = head.end
    segment.writtenSlots = head.writtenSlots
    table.addSealed(new SealedIndex(segment, head, at < segments.length - 1 ? 'stored' : 'leaving'))
  }
}
