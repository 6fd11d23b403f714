import { isPersistentLogError, SlotRanges } from '@persistent-log/core/backend'
import { NOWHERE, type Address } from '../regions/address.js'
import type { Segment } from '../segments/segment.js'
import {
  areNumbersIntact,
  footerEnd,
  footerParts,
  readFooterHead,
  readFooterState,
  type FooterHead,
} from './footer.js'
import { SegmentDigest } from './segment-digest.js'

/** Reads the number at an index. */
type Numbers = (at: number) => number

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
  /** Undecided versions of older segments that are gone. */
  readonly discards: SlotRanges = new SlotRanges()
  readonly #numbers: Numbers
  readonly #isSparse: boolean
  readonly #isHeld: boolean
  #isVerified = false
  /** What stands for the index where that is damaged. */
  #rebuilt: SegmentDigest | undefined

  /** `held`: the footer, verified already, is going to be cut off: its numbers are kept in memory. */
  constructor(segment: Segment, head: FooterHead, access: 'mapped' | 'read' | 'held') {
    const { indexNumbers, discardNumbers } = head
    this.segment = segment
    this.head = head
    this.from = head.from
    this.to = head.to
    this.count = head.count
    this.#isSparse = head.isSparse
    this.#isHeld = access === 'held'
    this.#numbers = numbersOf(segment, head, access)
    if (discardNumbers > 0) this.#verify()
    if (this.#rebuilt) this.discards = this.#rebuilt.discards
    else
      for (let at = indexNumbers; at + 1 < indexNumbers + discardNumbers; at += 2) {
        this.discards.add(this.#numbers(at), this.#numbers(at + 1))
      }
  }

  /** True when the whole footer is what was written, or is needed no more. */
  isFooterIntact(): boolean {
    const { segment, head } = this
    if (this.#isHeld) return true
    const isComplete = readFooterHead(segment, head.end) !== undefined && footerEnd(segment) === head.end
    return isComplete && this.isIntact() && readFooterState(segment, head) !== undefined
  }

  /** True when the numbers are what was written. */
  isIntact(): boolean {
    return this.#isHeld || areNumbersIntact(this.segment, this.head)
  }

  get(slot: number): Address {
    if (slot < this.from || slot >= this.to) return NOWHERE
    if (!this.#isVerified) this.#verify()
    if (this.#rebuilt) return this.#rebuilt.index.get(slot)
    if (!this.#isSparse) return this.#numbers(slot - this.from)
    const at = this.#find(slot)
    return at < this.count && this.#numbers(at) === slot ? this.#numbers(this.count + at) : NOWHERE
  }

  /** Ascending; the slots of `from <= slot < to` that the segment says something about. */
  *entries(from: number, to: number): Generator<readonly [slot: number, address: Address]> {
    const end = Math.min(to, this.to)
    if (!this.#isVerified) this.#verify()
    if (this.#rebuilt) {
      yield* this.#rebuilt.index.entries(from, to)
      return
    }
    if (this.#isSparse) {
      for (let at = this.#find(from); at < this.count; at++) {
        const slot = this.#numbers(at)
        if (slot >= end) return
        yield [slot, this.#numbers(this.count + at)]
      }
      return
    }
    for (let slot = Math.max(from, this.from); slot < end; slot++) {
      const address = this.#numbers(slot - this.from)
      if (address !== NOWHERE) yield [slot, address]
    }
  }

  #verify(): void {
    this.#isVerified = true
    if (!this.isIntact()) this.#rebuilt = readAgain(this.segment)
  }

  /** The first of the sorted slots that is not below `slot`. */
  #find(slot: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#numbers(middle) < slot) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Through the map, which stays until the file is closed; without one, a system call each. */
function numbersOf({ file }: Segment, head: FooterHead, access: 'mapped' | 'read' | 'held'): Numbers {
  const { numbersAt, stateAt } = footerParts(head)
  const length = (stateAt - numbersAt) / 8
  if (access === 'read' || length === 0) return (at) => file.view(numbersAt + at * 8, 8).readDoubleLE(0)
  const view = file.view(numbersAt, stateAt - numbersAt)
  const bytes = access === 'held' ? new Uint8Array(view) : view
  const numbers = new Float64Array(bytes.buffer, bytes.byteOffset, length)
  return (at) => numbers[at] ?? NOWHERE
}

/** The digest of the groups up to the first damaged one: what is behind cannot be found, and is told to be damaged. */
function readAgain(segment: Segment): SegmentDigest {
  const digest = new SegmentDigest(segment, undefined, 0)
  try {
    digest.step(segment.end)
  } catch (error) {
    if (!isPersistentLogError(error, 'PLOG_CORRUPTED')) throw error
  }
  return digest
}
