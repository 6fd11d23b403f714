import { raise, SlotRanges, type Ledger } from '@persistent-log/core/backend'
import { checksum } from '../checksum.js'
import { effectOf } from '../engine/record-fields.js'
import { u64At } from '../integers.js'
import type { Replay } from '../recovery/replay.js'
import { isDecided, NOWHERE, tailAddress } from '../regions/address.js'
import { SlotIndex } from '../regions/slot-index.js'
import { chainBehind, FIRST_CHAIN } from '../segments/chain.js'
import { GROUP_HEADER_BYTES, type GroupHeader } from '../segments/group.js'
import { intactRecord, isHeaderIntact, RECORD, RECORD_HEADER_BYTES, recordBytes } from '../segments/record.js'
import type { Segment } from '../segments/segment.js'
import { SEGMENT_HEADER_BYTES } from '../segments/segment-header.js'
import { SegmentWindow } from '../segments/segment-window.js'
import type { Steps } from '../turns.js'
import type { WordMemory } from '../word-memory.js'
import type { FooterContent } from './footer.js'
import { encodeState } from './log-state.js'

/** Slots that enter the index at once. */
const RUN_SLOTS = 1024

/**
 * What a whole segment comes to: an index of the slots that it says something about, and the state of the log behind it.
 * Read from the file and not from what is in memory, so that the same bytes always have the same footer. Groups are
 * flushed, and verified unless this process has written or scanned them; nothing is allocated per record.
 */
export class SegmentDigest {
  readonly #segment: Segment
  /** Where its groups ended when this began: the segment of an index that is read again may go on. */
  readonly #end: number
  readonly #window: SegmentWindow
  readonly #replay: Replay | undefined
  /** Marks on records before this position are about slots that were moved since. */
  readonly #firstBase: number
  readonly #index = new SlotIndex()
  readonly #discards = new SlotRanges()
  readonly #run = new Float64Array(RUN_SLOTS)
  #writtenSlots = 0
  #offset = SEGMENT_HEADER_BYTES
  #last: GroupHeader | undefined

  /**
   * `replay` stands at the end of the segment before, and is taken to the end of this one; without one only the index
   * counts.
   */
  constructor(segment: Segment, replay: Replay | undefined, firstBase: number) {
    this.#segment = segment
    this.#end = segment.end
    this.#window = new SegmentWindow(segment.file)
    this.#replay = replay
    this.#firstBase = firstBase
  }

  /** Reads on for about so many bytes; false when everything is read. */
  step(bytes: number): boolean {
    const until = Math.min(this.#offset + bytes, this.#end)
    while (this.#offset < until) this.#group()
    return this.#offset < this.#end
  }

  /** Everything was read. */
  get isWhole(): boolean {
    return this.#offset >= this.#end
  }

  /** As far as the segment was read. */
  get index(): SlotIndex {
    return this.#index
  }

  /** Ranges that were discarded there, as far as it was read. */
  get discards(): SlotRanges {
    return this.#discards
  }

  /** To be called once, when everything is read. */
  *finish(replay: Replay): Steps<FooterContent> {
    yield* this.#settle(replay)
    yield
    const state = yield* encodeState(replay)
    const { header } = this.#segment
    const chain = this.#last ? chainBehind(this.#last) : { ...FIRST_CHAIN, sequence: header.firstSequence }
    const discards = [...this.#discards.ranges()].flatMap(({ from, to }) => [from, to])
    return { index: this.#index, end: this.#end, chain, discards, state, writtenSlots: this.#writtenSlots }
  }

  #group(): void {
    const { header, seed } = this.#segment
    const from = this.#offset
    const group = this.#window.groupHeader(from, header.base, seed)
    const to = from + GROUP_HEADER_BYTES + (group?.bodyBytes ?? 0)
    if (!group || to > this.#end) throw this.#damaged()
    this.#records(this.#window.holding(from, to - from), from + GROUP_HEADER_BYTES, to, group)
    const { point } = group
    const replay = this.#replay
    if (replay && point > replay.ledger.point)
      replay.note({ kind: 'compact', before: point, ballot: undefined })
    this.#last = group
    this.#offset = to
  }

  #damaged(): Error {
    const file = `engine/${this.#segment.name}`
    return raise.corrupted('a group is damaged', { file, offset: this.#offset })
  }

  /**
   * The records of a group, which stand from `from` to `to` in the file. Slots that follow each other enter the index as one
   * run. What rotted since it was written, or since an earlier close, must not get a footer: an index that was made of it
   * would be intact.
   */
  #records({ bytes, words }: WordMemory, from: number, to: number, { bodyChecksum }: GroupHeader): void {
    const { seed, header, unreadBelow } = this.#segment
    const { start } = this.#window
    const end = to - start
    const isSummed = this.#replay === undefined || from < unreadBelow
    if (isSummed && checksum(bytes, from - start, end, seed) !== bodyChecksum) throw this.#damaged()
    if (this.#replay) this.#replay.isClosed = false
    const run = this.#run
    let first = 0
    let count = 0
    for (let at = from - start; at < end;) {
      const word = at >>> 2
      const position = header.base + start + at
      const kind = (words[word]! >>> 16) & 0xff
      if (kind === RECORD.accept || kind === RECORD.decide) {
        if (!isSummed && !isHeaderIntact(words, word, position, seed)) throw this.#damaged()
        const slot = u64At(words, word + 2)
        if (slot !== first + count || count === RUN_SLOTS) {
          this.#settleRun(first, count)
          first = slot
          count = 0
        }
        run[count++] = tailAddress(position, kind === RECORD.decide)
      } else {
        this.#settleRun(first, count)
        count = 0
        if (kind !== RECORD.mark) this.#other(bytes, at, end, position)
        else if (!isSummed && !isHeaderIntact(words, word, position, seed)) throw this.#damaged()
        else this.#mark(u64At(words, word + 2), u64At(words, word + 8))
      }
      const taken = recordBytes(words[word + 1]!, words[word + 10]!)
      // A length that rotted since it was written leads anywhere, also back.
      if (taken < RECORD_HEADER_BYTES || at + taken > end) throw this.#damaged()
      at += taken
    }
    this.#settleRun(first, count)
  }

  #settleRun(first: number, count: number): void {
    if (count === 0) return
    this.#index.setRun(first, this.#run, count)
    this.#writtenSlots += count
  }

  #mark(slot: number, link: number): void {
    const own = this.#index.get(slot)
    const isNewest = own === NOWHERE ? link < this.#segment.header.base : own === link
    if (isNewest && link >= this.#firstBase) this.#index.set(slot, tailAddress(link, true))
  }

  #other(bytes: Buffer, offset: number, end: number, position: number): void {
    const { seed } = this.#segment
    // These are few, and what they say goes into the footer as it is: it must be what was written.
    const record = intactRecord(bytes, offset, end, position, seed)
    if (!record) throw this.#damaged()
    if (record.kind === RECORD.discard) {
      this.#discards.add(record.a, record.b)
      for (const [slot, address] of this.#index.entries(record.a, record.b)) {
        if (!isDecided(address)) this.#index.set(slot, NOWHERE)
      }
    }
    if (!this.#replay) return
    if (record.kind === RECORD.promise) this.#replay.promisedAt = position
    const effect = effectOf(record, undefined)
    if (effect) this.#replay.note(effect)
  }

  /** The slots reach the ledger by ranges: what became of each within the segment is in the index by now. */
  *#settle({ ledger }: Replay): Steps<void> {
    let from = 0
    let to = 0
    const flush = (): void => {
      const first = Math.max(from, ledger.point)
      if (first < to) ledger.addDecidedRange({ from: first, to })
    }
    for (const [first, addresses] of this.#index.pages()) {
      for (let at = 0; at < addresses.length; at++) {
        const address = addresses[at]!
        if (address === NOWHERE) continue
        if (!isDecided(address)) this.#settleAccepted(ledger, first + at, address)
        else if (first + at === to) to++
        else {
          flush()
          from = first + at
          to = from + 1
        }
      }
      yield
    }
    flush()
  }

  #settleAccepted(ledger: Ledger, slot: number, address: number): void {
    const offset = address - this.#segment.header.base
    const { words } = this.#window.lookAt(offset, RECORD_HEADER_BYTES)
    const at = (offset - this.#window.start) >>> 2
    const ballot = { round: u64At(words, at + 4), nodeId: u64At(words, at + 6) }
    ledger.addAccepted(slot, ballot, (words[at + 1]! >>> 0) + (words[at + 10]! >>> 0))
  }
}
