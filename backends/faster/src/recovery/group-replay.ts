import { maskAt } from '../checksum.js'
import { tailAddress } from '../regions/address.js'
import { GROUP_HEADER_BYTES } from '../segments/group.js'
import { CHECKSUM_WORD, decodeRecord, markWord, RECORD, recordBytes } from '../segments/record.js'
import type { Segment } from '../segments/segment.js'
import type { SegmentWindow } from '../segments/segment-window.js'
import { wordMemory, type WordMemory } from '../word-memory.js'
import type { Replay } from './replay.js'

const TWO_32 = 0x1_0000_0000
/** Decisions that are counted at once. */
const RUN_SLOTS = 1024
const NO_MEMORY = wordMemory(Buffer.alloc(0))

/**
 * Applies the records of an intact group that stays where it is, as `Replay.apply` would one by one: but no object is made
 * for the records that there are many of, and decisions of neighbouring slots are counted at once. Not for a log with
 * entries of the mutable region, which belong between the records.
 */
export class GroupReplay {
  readonly #replay: Replay
  readonly #segment: Segment
  readonly #window: SegmentWindow
  /** What the window holds of the group. */
  #memory: WordMemory = NO_MEMORY
  /** Where the memory begins in the file. */
  #start = 0
  /** Neighbouring decided slots that neither table nor ledger knows of yet, and where they are. */
  #from = 0
  #to = 0
  readonly #addresses = new Float64Array(RUN_SLOTS)

  /** The window is of the file of the segment. */
  constructor(replay: Replay, segment: Segment, window: SegmentWindow) {
    this.#replay = replay
    this.#segment = segment
    this.#window = window
  }

  /** The group that stands there. */
  apply(from: number, to: number): void {
    this.#memory = this.#window.holding(from, to - from)
    this.#start = this.#window.start
    const { words } = this.#memory
    const base = this.#segment.header.base + this.#start
    const end = to - this.#start
    for (let at = from - this.#start + GROUP_HEADER_BYTES; at < end;) {
      const word = at >>> 2
      const kind = (words[word]! >>> 16) & 0xff
      if (kind === RECORD.decide) this.#decide(word, base + at)
      else {
        this.#settle()
        if (kind === RECORD.accept) this.#accept(word, base + at)
        else if (kind !== RECORD.mark || !this.#mark(word)) this.#other(at, base + at)
      }
      at += recordBytes(words[word + 1]! >>> 0, words[word + 10]! >>> 0)
    }
    this.#settle()
  }

  #decide(word: number, position: number): void {
    const slot = this.#u64(word + 2)
    if (slot !== this.#to || slot - this.#from === RUN_SLOTS) {
      this.#settle()
      this.#from = slot
    }
    this.#addresses[slot - this.#from] = tailAddress(position, true)
    this.#to = slot + 1
  }

  #accept(word: number, position: number): void {
    const { words } = this.#memory
    const { table, ledger } = this.#replay
    const slot = this.#u64(word + 2)
    this.#segment.writtenSlots++
    this.#replay.isClosed = false
    table.set(slot, tailAddress(position, false))
    const ballot = { round: this.#u64(word + 4), nodeId: this.#u64(word + 6) }
    ledger.addAccepted(slot, ballot, (words[word + 1]! >>> 0) + (words[word + 10]! >>> 0))
  }

  /** False where it is no mark on the newest proposal of its slot, in this segment. */
  #mark(word: number): boolean {
    const { words } = this.#memory
    const { seed, header } = this.#segment
    const { table, ledger } = this.#replay
    const slot = this.#u64(word + 2)
    const link = this.#u64(word + 8)
    if (link < header.base || table.get(slot) !== tailAddress(link, false)) return false
    const checksum = (this.#wordAt(link - header.base + 4 * CHECKSUM_WORD) ^ maskAt(seed, link)) >>> 0
    if (markWord(checksum) !== words[word + 11]! >>> 0) return false
    this.#replay.isClosed = false
    table.set(slot, tailAddress(link, true))
    ledger.addDecided(slot)
    return true
  }

  /** Of an earlier record of the segment, which the memory may not hold any more. */
  #wordAt(offset: number): number {
    if (offset >= this.#start) return this.#memory.words[(offset - this.#start) >>> 2]!
    const { file } = this.#segment
    return file.map(file.size)?.words[offset >>> 2] ?? file.view(offset, 4).readInt32LE(0)
  }

  #other(offset: number, position: number): void {
    const mask = maskAt(this.#segment.seed, position)
    this.#replay.apply(decodeRecord(this.#memory.bytes, offset, mask), position, this.#segment)
  }

  #settle(): void {
    const count = this.#to - this.#from
    if (count === 0) return
    const { ledger, table } = this.#replay
    const from = Math.max(this.#from, ledger.point)
    this.#replay.isClosed = false
    this.#segment.writtenSlots += count
    table.setRun(this.#from, this.#addresses, count)
    if (this.#to > from) ledger.addDecidedRange({ from, to: this.#to })
    this.#from = 0
    this.#to = 0
  }

  #u64(word: number): number {
    const { words } = this.#memory
    return (words[word]! >>> 0) + (words[word + 1]! >>> 0) * TWO_32
  }
}
