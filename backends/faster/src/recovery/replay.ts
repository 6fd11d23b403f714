import { compareBallots, Ledger, type Ballot, type Effect } from '@persistent-log/core/backend'
import { effectOf } from '../engine/record-fields.js'
import type { InternalEffect, StoredEffect } from '../engine/stored-effect.js'
import { isDecided, isInRegion, NOWHERE, placeOf, regionAddress, tailAddress } from '../regions/address.js'
import type { SlotTable } from '../regions/slot-table.js'
import type { RingEntry } from '../ring/ring-scan.js'
import { GROUP_HEADER_BYTES, type GroupHeader } from '../segments/group.js'
import { markWord, RECORD, type StoredRecord } from '../segments/record.js'
import type { Segment } from '../segments/segment.js'
import type { Tail } from '../segments/tail.js'

/** A commit mark whose proposal is not there: the slot is decided, the value is lost. */
export interface LostMark {
  readonly slot: number
  /** Of the mark: in the log, and in the file and the segment that it is in. */
  readonly position: number
  readonly offset: number
  readonly file: string
  readonly segment: number
}

/**
 * Applies records in the order of the tail and builds what the log knows: the ledger, where each slot's newest version
 * is, and the small state. Entries of the mutable region are applied between the records that they were accepted between.
 */
export class Replay {
  readonly ledger: Ledger
  /** Everything but the slots. */
  readonly state: Ledger
  readonly lostMarks: LostMark[] = []
  /** In the order of the tail. */
  readonly discards: { readonly from: number; readonly to: number; readonly position: number }[] = []
  readonly #tail: Tail
  readonly table: SlotTable
  #region: readonly RingEntry[] = []
  #nextRegionEntry = 0
  /** Slots that a mark in the region decided. */
  readonly #marked = new Set<number>()
  /** Accepts below power-loss may have been acknowledged since all were last moved to the tail. */
  isWeak = false
  /** Nothing follows the close: what an earlier owner closed says nothing about the end. */
  isClosed = false
  promisedAt = -1
  /** No slot at or behind it was ever written about, as far as is known. */
  writtenTo = 0
  /** Groups that do not follow the one before directly, ascending. */
  readonly #framesBehindGaps: { readonly position: number; readonly writtenBefore: number }[] = []
  #nextFrame = -1
  /** Segments below this number are retired. */
  firstSegment = 1

  constructor(firstSlot: number, tail: Tail, table: SlotTable) {
    this.ledger = new Ledger(firstSlot)
    this.state = new Ledger(firstSlot)
    this.#tail = tail
    this.table = table
  }

  /** What a crashed process of this boot left in the mutable region, in order. */
  set region(entries: readonly RingEntry[]) {
    this.#region = entries
  }

  /** The entry that a region address of the table stands for. */
  readonly regionEntry = (position: number): StoredRecord | undefined => {
    const entries = this.#region
    let low = 0
    let high = entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (entries[middle]!.position < position) low = middle + 1
      else high = middle
    }
    const found = entries[low]
    return found?.position === position ? found.record : undefined
  }

  get hasRegion(): boolean {
    return this.#region.length > 0
  }

  /** True when an entry of the region rests on a part of the tail that is not there. */
  hasRegionBehind(position: number): boolean {
    return this.#region.some(({ order }) => order > position)
  }

  /** What moves to the tail everything that only the region says. */
  onlyInRegion(): StoredEffect[] {
    const found: StoredEffect[] = []
    const wholeTail = {
      end: Number.MAX_SAFE_INTEGER,
      record: (position: number) => this.#tail.record(position),
    }
    for (const { position, isDecided: decided, record } of this.#region) {
      const slot = record.a
      if (record.kind === RECORD.mark) {
        if (this.#marked.has(slot)) found.push({ kind: 'relocate', slot, from: wholeTail })
      } else if (this.table.get(slot) === regionAddress(position, decided)) {
        found.push({ kind: 'relocate', slot, from: 'region' })
      }
    }
    return found
  }

  /** Applies the entries of the region that were accepted when the tail ended at or before `position`. */
  applyRegion(position: number): void {
    for (;;) {
      const entry = this.#region[this.#nextRegionEntry]
      if (!entry || entry.order > position) return
      this.#nextRegionEntry++
      if (entry.record.kind === RECORD.mark) this.#applyRegionMark(entry.record)
      else this.#applyRegionEntry(entry)
    }
  }

  /** Applies a record that stays where it is. */
  apply(record: StoredRecord, position: number, segment: Segment): void {
    this.isClosed = false
    switch (record.kind) {
      case RECORD.accept:
        segment.writtenSlots++
        if (this.isOldCopy(record)) return
        this.table.set(record.a, tailAddress(position, false))
        break
      case RECORD.decide:
        segment.writtenSlots++
        this.table.set(record.a, tailAddress(position, true))
        break
      case RECORD.mark:
        if (!this.isMarkGood(record, position)) return
        this.table.set(record.a, tailAddress(record.link, true))
        this.ledger.addDecided(record.a)
        return
      case RECORD.discard:
        this.discards.push({ from: record.a, to: record.b, position })
        for (const [slot, address] of this.table.entries(record.a, record.b)) {
          if (!isDecided(address)) this.table.set(slot, NOWHERE)
        }
        break
      case RECORD.promise:
        this.promisedAt = position
        break
      case RECORD.compact:
        this.table.dropBelow(record.a)
        break
      case RECORD.configure:
      case RECORD.checkpoint:
      case RECORD.dropCheckpoint:
      case RECORD.votesLost:
      case RECORD.acceptLostVotes:
      case RECORD.weakBegin:
      case RECORD.weakEnd:
      case RECORD.retire:
      case RECORD.close:
        break
    }
    const effect = effectOf(record, undefined)
    if (effect) this.note(effect)
  }

  /** True when the mark names the newest proposal of its slot; false also where that is gone for a good reason. */
  isMarkGood(mark: StoredRecord, position: number): boolean {
    const accept = this.#tailAccept(mark.a)
    if (accept?.position === mark.link && markWord(accept.checksum) === mark.word) return true
    // The proposal was in a segment that went: the slot was moved to the tail or lies below the point.
    const first = this.#tail.segments[0]
    const isGone = mark.a < this.ledger.point || (first && mark.link < first.header.base)
    if (!isGone && !isDecided(this.table.get(mark.a))) this.#addLostMark(mark.a, position)
    return false
  }

  /** The newest proposal of a slot, where it is in the tail. */
  #tailAccept(slot: number): { readonly position: number; readonly checksum: number } | undefined {
    const address = this.table.get(slot)
    if (address === NOWHERE || isDecided(address) || isInRegion(address)) return undefined
    const position = placeOf(address)
    const record = this.#tail.record(position)
    return record && { position, checksum: record.checksum }
  }

  /** What an effect means beside the place of a slot. */
  note(effect: Effect | InternalEffect): void {
    switch (effect.kind) {
      case 'votes-lost':
        this.ledger.votesLost = true
        this.state.votesLost = true
        return
      case 'weak-begin':
      case 'weak-end':
        this.isWeak = effect.kind === 'weak-begin'
        return
      case 'retire':
        this.firstSegment = Math.max(this.firstSegment, effect.before)
        return
      case 'close':
        this.isClosed = true
        return
      case 'relocate':
      case 'restate':
      case 'evict':
      case 'commit-held':
        return
      case 'accept':
      case 'decide':
      case 'discard':
        this.ledger.apply(effect)
        return
      case 'checkpoint':
        if (this.state.checkpoints.some(({ blob }) => blob === effect.checkpoint.blob)) return
        break
      case 'compact':
        tellBallot(this.ledger, effect)
        tellBallot(this.state, effect)
        break
      case 'promise':
      case 'configure':
      case 'drop-checkpoint':
      case 'accept-lost-votes':
        break
    }
    this.ledger.apply(effect)
    this.state.apply(effect)
  }

  /** What the frame of a group repeats is not lost with the record that said it. */
  frame({ point, kinds, end, writtenBefore, bodyBytes }: GroupHeader, position: number): void {
    if (position !== this.#nextFrame) this.#framesBehindGaps.push({ position, writtenBefore })
    this.#nextFrame = position + GROUP_HEADER_BYTES + bodyBytes
    this.writtenTo = Math.max(this.writtenTo, writtenBefore, end)
    if ((kinds & (1 << RECORD.close)) !== 0) this.isClosed = true
    if (point <= this.ledger.point) return
    this.note({ kind: 'compact', before: point, ballot: undefined })
    this.table.dropBelow(point)
  }

  /** What follows does not follow the group before. */
  gap(): void {
    this.#nextFrame = -1
  }

  /** What was lost before it is about slots below this one: the first intact group behind it tells. */
  reachBehind(position: number): number {
    const frame = this.#framesBehindGaps.find((one) => one.position >= position)
    return frame?.writtenBefore ?? Math.max(this.ledger.nextSlot, this.writtenTo)
  }

  #addLostMark(slot: number, position: number): void {
    // Marks are met in the order of the tail: the segment is the last one that begins at or before it.
    const { header, name } =
      this.#tail.segments.findLast((one) => one.header.base <= position) ?? this.#tail.active
    const offset = position - header.base
    this.lostMarks.push({ slot, position, offset, file: name, segment: header.number })
  }

  /**
   * What was evicted to the tail while the region went on is written behind what replaced it: there is a decision, or a
   * higher ballot with no discard in between, or it would not be there any more.
   */
  isOldCopy({ a: slot, b: round, c: nodeId }: StoredRecord): boolean {
    const address = this.table.get(slot)
    if (!isInRegion(address)) return false
    const stored = this.ledger.acceptedBallot(slot)
    return isDecided(address) || (stored !== undefined && compareBallots({ round, nodeId }, stored) < 0)
  }

  #applyRegionEntry({ position, isDecided: decided, record }: RingEntry): void {
    const { ledger } = this
    const { a: slot, b: round, c: nodeId, value, proof } = record
    const ballot = { round, nodeId }
    const stored = ledger.acceptedBallot(slot)
    if (slot < ledger.point || isDecided(this.table.get(slot))) return
    if (!decided && stored && compareBallots(ballot, stored) < 0) return
    this.table.set(slot, regionAddress(position, decided))
    if (decided) ledger.addDecided(slot)
    else ledger.apply({ kind: 'accept', slot, ballot, value, proof })
  }

  /** The proposal is in the tail. */
  #applyRegionMark(mark: StoredRecord): void {
    const slot = mark.a
    if (!this.isMarkGood(mark, mark.link)) return
    this.table.set(slot, tailAddress(placeOf(this.table.get(slot)), true))
    this.ledger.addDecided(slot)
    this.#marked.add(slot)
  }
}

/** The frame of a group tells the point without its ballot, and may stand in front of the record that has both. */
function tellBallot(
  state: Ledger,
  told: { readonly before: number; readonly ballot: Ballot | undefined },
): void {
  if (told.before === state.point) state.compactedBallot ??= told.ballot
}
