import { NOWHERE } from '../regions/address.js'
import type { SlotIndex } from '../regions/slot-index.js'

/** Numbers that are handed out at once: 256 KiB. */
const PIECE_NUMBERS = 32 * 1024
/** What stands for slots between two pages of an index. */
const GAP = new Float64Array(512)

/** The slots that an index is about, and how a footer has it. */
export interface IndexExtent {
  /** `from <= slot < to`. */
  readonly from: number
  readonly to: number
  readonly count: number
  /** The slots that hold something, then an address for each of them; otherwise an address for each slot of the range. */
  readonly isSparse: boolean
}

/** One number per slot of the range where that is less than two per slot that is there. */
export function extentOf(index: SlotIndex): IndexExtent {
  const { count } = index
  let from = -1
  let to = 0
  for (const [first, addresses] of index.pages()) {
    if (from < 0) from = first + addresses.findIndex(holds)
    to = first + addresses.findLastIndex(holds) + 1
  }
  from = Math.max(from, 0)
  return { from, to, count, isSparse: to - from > count * 2 }
}

/** The numbers of a footer: the index, then those of discards. Each piece lives until the next one is asked for. */
export function* numberPieces(
  index: SlotIndex,
  extent: IndexExtent,
  discards: readonly number[],
): Generator<Buffer> {
  const piece = new Float64Array(PIECE_NUMBERS)
  const bytes = Buffer.from(piece.buffer)
  let used = 0
  for (const run of numberRuns(index, extent, discards)) {
    for (let done = 0; done < run.length;) {
      const length = Math.min(run.length - done, PIECE_NUMBERS - used)
      piece.set(run.subarray(done, done + length), used)
      done += length
      used += length
      if (used < PIECE_NUMBERS) continue
      yield bytes
      used = 0
    }
  }
  if (used > 0) yield bytes.subarray(0, used * piece.BYTES_PER_ELEMENT)
}

function* numberRuns(
  index: SlotIndex,
  extent: IndexExtent,
  discards: readonly number[],
): Generator<Float64Array> {
  if (extent.isSparse) {
    for (const [first, addresses] of index.pages()) yield slotsOf(first, addresses)
    for (const [, addresses] of index.pages()) yield addresses.filter(holds)
  } else {
    yield* addressRuns(index, extent)
  }
  yield Float64Array.from(discards)
}

/** An address for each slot of the range. */
function* addressRuns(index: SlotIndex, { from, to }: IndexExtent): Generator<Float64Array> {
  let next = from
  for (const [first, addresses] of index.pages()) {
    for (; next < first; next += Math.min(GAP.length, first - next)) yield GAP.subarray(0, first - next)
    const part = addresses.subarray(next - first, Math.min(to - first, addresses.length))
    yield part
    next += part.length
  }
}

function slotsOf(first: number, addresses: Float64Array): Float64Array {
  const slots: number[] = []
  addresses.forEach((address, at) => {
    if (holds(address)) slots.push(first + at)
  })
  return Float64Array.from(slots)
}

const holds = (address: number): boolean => address !== NOWHERE
