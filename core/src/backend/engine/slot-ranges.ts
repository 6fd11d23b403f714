import type { Slot, SlotRange } from '../../contract/slot.js'

/**
 * A set of slots as sorted, disjoint, non-touching half-open ranges. A contiguous log of any length is one range, so
 * the cost is that of its gaps. Look-ups are O(log ranges); changes at the end are O(1).
 */
export class SlotRanges {
  readonly #from: Slot[] = []
  readonly #to: Slot[] = []
  /** Ranges: the arrays may be longer, for one that shrinks and grows all the time would get new memory each time. */
  #size = 0
  #count = 0

  /** Slots in the set. */
  get count(): number {
    return this.#count
  }

  /** The lowest slot of the set. */
  get first(): Slot | undefined {
    return this.#size === 0 ? undefined : this.#from[0]
  }

  /** The highest slot of the set. */
  get last(): Slot | undefined {
    return this.#size === 0 ? undefined : this.#to[this.#size - 1]! - 1
  }

  has(slot: Slot): boolean {
    const last = this.#size - 1
    // Nearly every slot that is asked for is a new one.
    if (last < 0 || this.#to[last]! <= slot) return false
    return this.#from[last]! <= slot || this.#from[this.#firstEndingAfter(slot)]! <= slot
  }

  /** Adds one slot: as a rule the next one of the last range, or the first one of a new range. */
  addOne(slot: Slot): void {
    const last = this.#size - 1
    const end = last < 0 ? -1 : this.#to[last]!
    if (end > slot) return this.add(slot, slot + 1)
    if (end < slot) return this.#append(slot, slot + 1)
    this.#to[last] = slot + 1
    this.#count++
  }

  /** Removes one slot, if it is there: as a rule the first one of the last range. */
  removeOne(slot: Slot): void {
    const last = this.#size - 1
    if (last < 0 || this.#from[last] !== slot) return this.remove(slot, slot + 1)
    if (this.#to[last] === slot + 1) this.#size = last
    else this.#from[last] = slot + 1
    this.#count--
  }

  /** Adds the slots with `from <= slot < to`. */
  add(from: Slot, to: Slot): void {
    if (from >= to) return
    const last = this.#size - 1
    if (last < 0 || this.#to[last]! < from) return this.#append(from, to)
    if (this.#to[last] === from) {
      this.#to[last] = to
      this.#count += to - from
      return
    }
    // The ranges from `begin` up to `end` overlap or touch the new one and melt into it.
    const begin = this.#firstEndingAfter(from - 1)
    let end = begin
    let mergedFrom = from
    let mergedTo = to
    for (; end < this.#size && this.#from[end]! <= to; end++) {
      mergedFrom = Math.min(mergedFrom, this.#from[end]!)
      mergedTo = Math.max(mergedTo, this.#to[end]!)
      this.#count -= this.#to[end]! - this.#from[end]!
    }
    this.#count += mergedTo - mergedFrom
    if (end - begin === 1) {
      this.#from[begin] = mergedFrom
      this.#to[begin] = mergedTo
    } else {
      this.#replace(begin, end, [mergedFrom], [mergedTo])
    }
  }

  /** Removes the slots with `from <= slot < to`; those that are not there are no matter. */
  remove(from: Slot, to: Slot): void {
    if (from >= to) return
    const begin = this.#firstEndingAfter(from)
    if (begin === this.#size || this.#from[begin]! >= to) return
    if (this.#trim(begin, from, to)) return
    let end = begin
    const keptFrom: Slot[] = []
    const keptTo: Slot[] = []
    const keep = (a: Slot, b: Slot): void => {
      if (a >= b) return
      keptFrom.push(a)
      keptTo.push(b)
      this.#count += b - a
    }
    for (; end < this.#size && this.#from[end]! < to; end++) {
      const a = this.#from[end]!
      const b = this.#to[end]!
      this.#count -= b - a
      keep(a, Math.min(b, from))
      keep(Math.max(a, to), b)
    }
    this.#replace(begin, end, keptFrom, keptTo)
  }

  /** The lowest slot at or above `slot` that is not in the set. */
  firstMissingFrom(slot: Slot): Slot {
    const at = this.#firstEndingAfter(slot)
    return at < this.#size && this.#from[at]! <= slot ? this.#to[at]! : slot
  }

  /** The lowest slot of the set at or above `slot`. */
  firstFrom(slot: Slot): Slot | undefined {
    const at = this.#firstEndingAfter(slot)
    return at < this.#size ? Math.max(this.#from[at]!, slot) : undefined
  }

  /** The first stretch of the set at or above `slot`, cut off below `slot`. */
  firstRangeFrom(slot: Slot): SlotRange | undefined {
    const at = this.#firstEndingAfter(slot)
    return at < this.#size ? { from: Math.max(this.#from[at]!, slot), to: this.#to[at]! } : undefined
  }

  /** How many slots of `from <= slot < to` are in the set. */
  countIn(from: Slot, to: Slot): number {
    let count = 0
    for (const range of this.ranges(from, to)) count += range.to - range.from
    return count
  }

  /** The parts of the set inside `from <= slot < to`, ascending. The set must not change while they are walked. */
  *ranges(from: Slot = 0, to: Slot = Number.MAX_SAFE_INTEGER): Generator<SlotRange> {
    // The end of a range may lie below its start: then it holds nothing, not less than nothing.
    if (from >= to) return
    for (let at = this.#firstEndingAfter(from); at < this.#size && this.#from[at]! < to; at++) {
      yield { from: Math.max(this.#from[at]!, from), to: Math.min(this.#to[at]!, to) }
    }
  }

  /** A new range behind all others. */
  #append(from: Slot, to: Slot): void {
    this.#from[this.#size] = from
    this.#to[this.#size] = to
    this.#size++
    this.#count += to - from
  }

  /** The common case, without a list: one end of one range is taken off, or all of the last range. */
  #trim(at: number, from: Slot, to: Slot): boolean {
    const a = this.#from[at]!
    const b = this.#to[at]!
    if (a === from && to < b) this.#from[at] = to
    else if (b === to && a < from) this.#to[at] = from
    else if (a === from && b === to && at === this.#size - 1) this.#size--
    else return false
    this.#count -= to - from
    return true
  }

  copy(): SlotRanges {
    const copy = new SlotRanges()
    for (let at = 0; at < this.#size; at++) {
      copy.#from.push(this.#from[at]!)
      copy.#to.push(this.#to[at]!)
    }
    copy.#size = this.#size
    copy.#count = this.#count
    return copy
  }

  /** These ranges come in the place of those with `begin <= index < end`. */
  #replace(begin: number, end: number, from: readonly Slot[], to: readonly Slot[]): void {
    this.#from.length = this.#size
    this.#to.length = this.#size
    this.#from.splice(begin, end - begin, ...from)
    this.#to.splice(begin, end - begin, ...to)
    this.#size = this.#from.length
  }

  /** The index of the first range that ends behind `slot`; the number of ranges when there is none. */
  #firstEndingAfter(slot: Slot): number {
    const last = this.#size - 1
    // Nearly every look-up of a running log is at its end.
    if (last < 0 || this.#to[last]! <= slot) return last + 1
    if (this.#from[last]! <= slot) return last
    let low = 0
    let high = last
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#to[middle]! > slot) high = middle
      else low = middle + 1
    }
    return low
  }
}
