import { raise } from '@persistent-log/core/backend'
import { CompressedFile, segmentFileIn } from '../compression/compressed-file.js'
import { Segment, segmentName, segmentNumber, UNPUBLISHED_SUFFIX } from '../segments/segment.js'
import type { SegmentFile, SegmentFiles } from '../segments/segment-files.js'
import { decodeSegmentHeader, FORMAT_VERSION, SEGMENT_HEADER_BYTES } from '../segments/segment-header.js'
import type { FoundDamage } from './damage.js'

/** The segments on the disk, ascending, and what is wrong with their heads. */
export interface FoundSegments {
  readonly segments: Segment[]
  readonly damage: FoundDamage[]
  /** Damage that costs nothing, since what it is in is there twice. */
  readonly harmless: FoundDamage[]
  /** The first number, readable or not. */
  readonly lowest: number
  /** Behind everything that is there, readable or not. */
  readonly floor: { readonly number: number; readonly base: number }
}

const EVERYTHING = { kinds: undefined, slots: undefined }
const NOTHING = { kinds: 0, slots: [] }

/** Removes what was never published, opens the rest and reads the headers. */
export async function findSegments(
  files: SegmentFiles,
  names: readonly string[],
  logId: Buffer,
): Promise<FoundSegments> {
  for (const name of names) if (name.endsWith(UNPUBLISHED_SUFFIX)) await files.remove(name)
  const numbers = names.flatMap((name) => segmentNumber(name) ?? []).sort((a, b) => a - b)
  const segments: Segment[] = []
  const damage: FoundDamage[] = []
  const harmless: FoundDamage[] = []
  let position = 0
  const lowest = numbers[0] ?? 1
  let expected = lowest
  try {
    for (const number of numbers) {
      for (; expected < number; expected++) damage.push(missing(expected, position))
      expected = number + 1
      const { segment, damage: found, bytes } = await openSegment(files, number, position, logId)
      if (found) damage.push(found)
      if (segment) {
        position = segment.header.base
        segments.push(segment)
        harmless.push(...damagedHead(segment, position))
      }
      position += bytes
    }
  } catch (error) {
    await Promise.allSettled(segments.map(({ file }) => file.close()))
    throw error
  }
  // Its successor was durable before it was compressed. The number stays free, so that every later open misses it too.
  if (segments.at(-1)?.file.isCompressed && expected === segments.at(-1)!.header.number + 1) {
    damage.push(missing(expected++, position))
  }
  return {
    segments,
    damage,
    harmless,
    lowest,
    floor: { number: expected, base: Math.ceil(position / 8) * 8 },
  }
}

/** A segment that is not there although a later one is. */
export function missing(number: number, position: number): FoundDamage {
  const file = segmentName(number)
  return { segment: number, from: 0, to: 0, reason: 'a segment is missing', file, position, lost: EVERYTHING }
}

/** The head of a compressed segment stands in it twice. */
function damagedHead({ file, name, header }: Segment, position: number): FoundDamage[] {
  const from = file instanceof CompressedFile ? file.damagedHeadAt : undefined
  if (from === undefined) return []
  const reason = 'a copy of the head of a compressed segment is damaged'
  return [{ segment: header.number, from, to: from, reason, file: name, position, lost: NOTHING }]
}

/** What a file turned out to be: a segment stays open. */
interface ExaminedSegment {
  readonly segment?: Segment
  readonly damage?: FoundDamage
  readonly bytes: number
}

async function openSegment(
  files: SegmentFiles,
  number: number,
  position: number,
  logId: Buffer,
): Promise<ExaminedSegment> {
  const name = segmentName(number)
  const file = await files.open(name)
  try {
    return await examineSegment(segmentFileIn(file, name), number, position, logId)
  } catch (error) {
    await file.close().catch(() => undefined)
    throw error
  }
}

async function examineSegment(
  file: SegmentFile,
  number: number,
  position: number,
  logId: Buffer,
): Promise<ExaminedSegment> {
  const name = segmentName(number)
  const bytes = file.size
  const head = decodeSegmentHeader(file.read(0, Math.min(SEGMENT_HEADER_BYTES, bytes)), logId)
  if ('newerVersion' in head) throw raise.unknownFormat(`engine/${name}`, head.newerVersion, FORMAT_VERSION)
  const about = { segment: number, file: name }
  if (!head.header || head.header.number !== number) {
    await file.close()
    const reason = 'the header of a segment is damaged'
    return { damage: { ...about, from: 0, to: bytes, reason, position, lost: EVERYTHING }, bytes }
  }
  const segment = new Segment(head.header, file, bytes)
  if (head.damagedAt === undefined) return { segment, bytes }
  const reason = 'a copy of the header of a segment is damaged'
  const from = head.damagedAt
  const { base } = head.header
  return {
    segment,
    bytes,
    damage: { ...about, from, to: from + 1, reason, position: base + from, lost: NOTHING },
  }
}
