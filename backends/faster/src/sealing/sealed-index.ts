import { isPersistentLogError, raise, SlotRanges } from '@persistent-log/core/backend'
import { isDecided, NOWHERE, tailAddress, type Address } from '../regions/address.js'
import type { Segment } from '../segments/segment.js'
import { atOnce, type Steps } from '../turns.js'
import {
  areNumbersIntact,
  footerEnd,
  footerParts,
  readFooterHead,
  readFooterState,
  readNumbers,
  type FooterHead,
} from './footer.js'
import { SegmentDigest } from './segment-digest.js'

/** Slots of a run, at most. */
const RUN_SLOTS = 1024

/** Reads the number at an index. Throws `PLOG_CORRUPTED` where it can be read no more. */
type Numbers = (at: number) => number

/** What stands for numbers that are not what was written: nobody asks. */
const NO_NUMBERS: Numbers = () => NOWHERE

/**
 * The numbers are stored in the footer, and verified just now or yet to be. One that is `leaving` is cut off before something
 * is appended: it is read into memory when it is first used, or else before that, and never through a map.
 */
export type NumberSource = 'stored' | 'verified' | 'leaving'

/**
 * The slot index of a sealed segment, read where it lies: nothing of it is in memory but its bounds. An entry says where
 * the version stood that was the newest at the end of the segment: in it, or, where it was decided by a mark, before it.
 *
 * It is verified when it is first used, not when the log is opened. Where it has rotted, the segment is read instead.
 */
export class SealedIndex {
  readonly segment: Segment
  readonly head: FooterHead
  readonly from: number
  readonly to: number
  readonly count: number
  #numbers: Numbers | undefined
  readonly #isLeaving: boolean
  /** Of one that is leaving: the footer may be gone, or is about to go. */
  #isTaken = false
  readonly #isSparse: boolean
  #discards: SlotRanges | undefined
  /** What stands for the index where that is damaged. */
  #rebuilt: SegmentDigest | undefined

  constructor(segment: Segment, head: FooterHead, source: NumberSource) {
    this.segment = segment
    this.head = head
    this.from = head.from
    this.to = head.to
    this.count = head.count
    this.#isSparse = head.isSparse
    this.#isLeaving = source === 'leaving'
    if (source === 'verified') this.#numbers = storedNumbers(segment, head)
  }

  /** True when the footer stays where it was written: who reads it there may rely on it. */
  get isOnDisk(): boolean {
    return !this.#isLeaving
  }

  /** Undecided versions of older segments that are gone. */
  get discards(): SlotRanges {
    return (this.#discards ??= this.#readDiscards())
  }

  /** Of a footer that is leaving: on return it may be cut off. Look-ups need not wait for that. */
  *take(): Steps<void> {
    yield* this.#load()
    this.#isTaken = true
  }

  /** True when the whole footer is what was written, or is needed no more. */
  isFooterIntact(): boolean {
    const { segment, head } = this
    if (this.#isTaken) return true
    const isComplete = readFooterHead(segment, head.end) !== undefined && footerEnd(segment) === head.end
    return isComplete && areNumbersIntact(segment, head) && readFooterState(segment, head) !== undefined
  }

  /** True when the numbers are what was written, or, in memory, all that they were. */
  isIntact(): boolean {
    if (!this.#isLeaving) return areNumbersIntact(this.segment, this.head)
    if (!this.#numbers) this.#verified()
    return this.isWhole
  }

  /** False when it was found damaged, and groups of the segment too: what those said is missing here. */
  get isWhole(): boolean {
    return this.#rebuilt?.isWhole ?? true
  }

  get(slot: number): Address {
    if (slot < this.from || slot >= this.to) return NOWHERE
    const numbers = this.#numbers ?? this.#verified()
    if (this.#rebuilt) return this.#rebuiltAddress(slot, this.#rebuilt)
    try {
      return this.#storedAddress(slot, numbers)
    } catch (error) {
      return this.#rebuiltAddress(slot, this.#rebuildAfter(error))
    }
  }

  /** The slots of `from <= slot < to` that the segment says something about, normally ascending. */
  *entries(from: number, to: number): Generator<readonly [slot: number, address: Address]> {
    const end = Math.min(to, this.to)
    let next = Math.max(from, this.from)
    if (next >= end) return
    const numbers = this.#numbers ?? this.#verified()
    try {
      if (!this.#rebuilt) {
        for (const entry of this.#storedEntries(next, end, numbers)) {
          yield entry
          next = entry[0] + 1
        }
        return
      }
    } catch (error) {
      this.#rebuildAfter(error)
    }
    yield* this.#rebuilt!.index.entries(next, end)
  }

  /** All that the segment says something about, in short runs of neighbouring slots, some of which hold nothing. */
  *runs(): Generator<readonly [from: number, addresses: Float64Array]> {
    const numbers = this.#numbers ?? this.#verified()
    let next = 0
    try {
      if (!this.#rebuilt) {
        for (const run of this.#storedRuns(numbers)) {
          yield run
          next = run[0] + run[1].length
        }
        return
      }
    } catch (error) {
      this.#rebuildAfter(error)
    }
    for (const [from, addresses] of this.#rebuilt!.index.pages()) {
      const done = Math.max(next - from, 0)
      if (done < addresses.length) yield [from + done, addresses.subarray(done)]
    }
  }

  /** Ascending, as `entries`. */
  *#storedEntries(
    from: number,
    end: number,
    numbers: Numbers,
  ): Generator<readonly [slot: number, address: Address]> {
    if (!this.#isSparse) {
      for (let slot = from; slot < end; slot++) {
        const address = numbers(slot - this.from)
        if (address !== NOWHERE) yield [slot, address]
      }
      return
    }
    for (let at = firstFrom(from, numbers, this.count); at < this.count; at++) {
      const slot = numbers(at)
      if (slot >= end) return
      yield [slot, numbers(this.count + at)]
    }
  }

  /** Ascending, as `runs`. */
  *#storedRuns(numbers: Numbers): Generator<readonly [from: number, addresses: Float64Array]> {
    const run = new Float64Array(RUN_SLOTS)
    if (!this.#isSparse) {
      for (let from = this.from; from < this.to; from += RUN_SLOTS) {
        const count = Math.min(RUN_SLOTS, this.to - from)
        for (let at = 0; at < count; at++) run[at] = numbers(from - this.from + at)
        yield [from, run.subarray(0, count)]
      }
      return
    }
    for (let at = 0; at < this.count;) {
      const from = numbers(at)
      let count = 0
      for (; count < RUN_SLOTS && at < this.count && numbers(at) === from + count; at++, count++) {
        run[count] = numbers(this.count + at)
      }
      yield [from, run.subarray(0, count)]
    }
  }

  #storedAddress(slot: number, numbers: Numbers): Address {
    if (!this.#isSparse) return numbers(slot - this.from)
    const at = firstFrom(slot, numbers, this.count)
    return at < this.count && numbers(at) === slot ? numbers(this.count + at) : NOWHERE
  }

  /** What a damaged group said nobody knows: no older version may pass for the newest. A decision has none after it. */
  #rebuiltAddress(slot: number, { index, isWhole }: SegmentDigest): Address {
    const address = index.get(slot)
    return isWhole || isDecided(address) ? address : tailAddress(this.segment.header.base, false)
  }

  #readDiscards(): SlotRanges {
    const { indexNumbers, discardNumbers } = this.head
    const ranges = new SlotRanges()
    if (discardNumbers === 0) return ranges
    const numbers = this.#numbers ?? this.#verified()
    if (this.#rebuilt) return this.#rebuilt.discards
    try {
      addRanges(ranges, numbers, indexNumbers, discardNumbers)
      return ranges
    } catch (error) {
      return this.#rebuildAfter(error).discards
    }
  }

  /** A part that was intact is read no more: the groups are read instead. Throws what is no such error. */
  #rebuildAfter(error: unknown): SegmentDigest {
    if (!isPersistentLogError(error, 'PLOG_CORRUPTED')) throw error
    return (this.#rebuilt ??= readAgain(this.segment))
  }

  /** At the first use. */
  #verified(): Numbers {
    if (this.#isLeaving) return atOnce(this.#load())
    const numbers = storedNumbers(this.segment, this.head)
    if (!areNumbersIntact(this.segment, this.head)) this.#rebuilt = readAgain(this.segment)
    this.#numbers = numbers
    return numbers
  }

  /** Into memory. Whoever looks something up meanwhile does it at once, and comes first. */
  *#load(): Steps<Numbers> {
    if (this.#numbers) return this.#numbers
    const numbers = yield* readNumbers(this.segment, this.head)
    if (this.#numbers) return this.#numbers
    if (!numbers) this.#rebuilt = readAgain(this.segment)
    this.#numbers = numbers ? (at) => numbers[at] ?? NOWHERE : NO_NUMBERS
    return this.#numbers
  }
}

function addRanges(ranges: SlotRanges, numbers: Numbers, from: number, count: number): void {
  for (let at = from; at < from + count; at += 2) ranges.add(numbers(at), numbers(at + 1))
}

/** The index of the first of the sorted slots that is not below `slot`. */
function firstFrom(slot: number, numbers: Numbers, count: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (numbers(middle) < slot) low = middle + 1
    else high = middle
  }
  return low
}

/** Through the map, which stays until the file is closed; without one, a read each. */
function storedNumbers({ file, name }: Segment, head: FooterHead): Numbers {
  const { numbersAt, stateAt } = footerParts(head)
  const length = (stateAt - numbersAt) / 8
  if (length === 0) return () => NOWHERE
  const map = file.mapPart(numbersAt, length * 8)
  if (map) {
    const numbers = new Float64Array(map.buffer, map.start, length)
    return (at) => numbers[at] ?? NOWHERE
  }
  return (at) => {
    const number = file.read(numbersAt + at * 8, 8).readDoubleLE(0)
    // So does a compressed block read that has rotted since it was verified.
    if (!Number.isNaN(number)) return number
    throw raise.corrupted('the index of a segment is damaged', { file: `engine/${name}`, offset: numbersAt })
  }
}

/** The digest of the groups up to the first damaged one: what may be behind it is told to be damaged. */
function readAgain(segment: Segment): SegmentDigest {
  const digest = new SegmentDigest(segment, undefined, 0)
  try {
    digest.step(segment.end)
  } catch (error) {
    if (!isPersistentLogError(error, 'PLOG_CORRUPTED')) throw error
  }
  return digest
}
