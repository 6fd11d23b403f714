import type { AtOnceWrites, Ballot, Proposal, StoredEntry } from '@persistent-log/core/backend'
import { isDecided, isInRegion, NOWHERE, placeOf, regionAddress, tailAddress } from '../regions/address.js'
import type { SlotTable } from '../regions/slot-table.js'
import { Eviction } from '../ring/eviction.js'
import { RingBuffer } from '../ring/ring-buffer.js'
import { NO_ROOM } from '../ring/ring-layout.js'
import { entryRecordBytes, markWord, RECORD, type RecordKind, type StoredRecord } from '../segments/record.js'
import type { SegmentFiles } from '../segments/segment-files.js'
import type { Tail } from '../segments/tail.js'
import type { PendingSlots } from './pending-slots.js'
import { newWrite, type PendingWrite } from './stored-effect.js'
import { WeakAnnouncement } from './weak-announcement.js'

const NO_BYTES = new Uint8Array(0)
/** Commits that share a flush are one write up to so many bytes of entries, then the next one begins. */
const MAX_COMMITTED_BYTES = 1024 * 1024

/** What writes into the ring work on. */
export interface RingWriteParts {
  readonly files: SegmentFiles
  /** Bytes of the ring, at most. */
  readonly regionBytes: number
  /** To be called before the first write that is not in the tail; idempotent. */
  readonly beginChanges: () => Promise<void>
  /** Accepts below power-loss are this log's normal ones: what announces them stays until the log is closed. */
  readonly staysAnnounced: boolean
  readonly table: SlotTable
  readonly pending: PendingSlots
  readonly tail: Tail
  /** Takes a write over; resolves when it survives what it joins. */
  readonly write: (write: PendingWrite) => Promise<void>
  /** True when nothing later can be trusted. */
  readonly hasFailed: () => boolean
  /** Makes it so. */
  readonly fail: (cause: unknown) => void
}

/**
 * Writes at process-crash: a record or a mark in the ring, and they outlive the process. Before the first accept the tail
 * says durably that there may be some: so a restart of the machine knows that votes may be lost. Decisions need no such
 * word: a lost one is learned again.
 */
export class RingWrites implements AtOnceWrites {
  readonly survives = 'process-crash'
  /** What the first accept waits for. */
  readonly announcement: WeakAnnouncement
  readonly #parts: RingWriteParts
  readonly #table: SlotTable
  readonly #pending: PendingSlots
  readonly #tail: Tail
  #ring: RingBuffer | undefined
  #eviction: Eviction | undefined
  #creating: Promise<void> | undefined
  /** The newest write of commits that share a flush. */
  #commits: { readonly write: PendingWrite; readonly flushed: Promise<void>; bytes: number } | undefined

  constructor(parts: RingWriteParts) {
    this.#parts = parts
    this.#table = parts.table
    this.#pending = parts.pending
    this.#tail = parts.tail
    this.announcement = new WeakAnnouncement({ prepare: () => this.#create(), write: parts.write })
  }

  /** True while something is in the ring that may not be in the tail, flushed. */
  get holdsAny(): boolean {
    return this.#ring !== undefined && this.#ring.used > 0
  }

  /**
   * Where such accepts are the normal ones, the first of them need not wait. A device without room for the ring refuses
   * nobody: accepts go with the flush then.
   */
  async begin(): Promise<void> {
    if (!this.#parts.staysAnnounced) return
    try {
      await this.#create()
    } catch (error) {
      if (isOutOfSpace(error)) return
      throw error
    }
    await this.announcement.makeDurable()
  }

  accept(slot: number, ballot: Ballot, value: Uint8Array, proof: Uint8Array | undefined): boolean {
    return this.#mayAccept() && this.#store(RECORD.accept, slot, ballot, value, proof)
  }

  /** One record behind the other, published by the first of them: all outlive the process, or none. */
  acceptAll(proposals: readonly Proposal[]): boolean {
    const ring = this.#mayAccept() ? this.#usable() : undefined
    if (!ring || proposals.some(({ slot }) => this.#isHeld(slot))) return false
    let position = this.#appendAll(ring, proposals)
    if (position === NO_ROOM) return false
    for (const proposal of proposals) {
      this.#table.set(proposal.slot, regionAddress(position, false))
      position += entryRecordBytes(proposal)
    }
    return true
  }

  commit(slot: number, ballot: Ballot): boolean {
    const ring = this.#usable()
    if (!ring || this.#pending.has(slot)) return false
    const address = this.#table.get(slot)
    if (address === NOWHERE || isDecided(address)) return false
    const place = placeOf(address)
    if (!isInRegion(address)) return this.#storeMark(ring, slot, ballot, place)
    if (!this.#mark(ring, place, slot)) return false
    this.#table.set(slot, regionAddress(place, true))
    return true
  }

  /** Those of one flush are one write: what a call costs is a number in its list. */
  commitWithFlush(slot: number): Promise<void> | undefined {
    // Where there is no ring, nothing is in it: none is made for this.
    const ring = this.#ring
    if (!ring || this.#parts.hasFailed() || !this.#mayDecide(ring, slot)) return undefined
    const bytes = ring.bytesAt(ring.offsetOf(placeOf(this.#table.get(slot))))
    let commits = this.#commits
    // What was encoded takes no more in.
    if (commits?.write.changes.length !== 0 || commits.bytes + bytes > MAX_COMMITTED_BYTES) {
      const write = newWrite([{ kind: 'commit-held', ring, isBatch: false }], true)
      commits = this.#commits = { write, flushed: this.#parts.write(write), bytes: 0 }
    }
    commits.bytes += bytes
    this.#pending.hold(commits.write, slot)
    return commits.flushed
  }

  commitAllWithFlush(slots: readonly number[]): Promise<void> | undefined {
    const ring = this.#ring
    if (!ring || this.#parts.hasFailed()) return undefined
    for (const slot of slots) if (!this.#mayDecide(ring, slot)) return undefined
    const write = newWrite([{ kind: 'commit-held', ring, isBatch: true }], true)
    for (const slot of slots) this.#pending.hold(write, slot)
    return this.#parts.write(write)
  }

  decide(slot: number, ballot: Ballot, value: Uint8Array, proof: Uint8Array | undefined): boolean {
    return this.#store(RECORD.decide, slot, ballot, value, proof)
  }

  /** The record at a position, verified, as views that live until the event loop turns. */
  readonly read = (position: number): StoredRecord | undefined => this.#ring?.record(position)

  /** The entry of a slot, verified, as such views; `undefined` when it is damaged. */
  entry(position: number, slot: number): StoredEntry | undefined {
    return this.#ring?.entry(position, slot)
  }

  /** The value of a slot's entry, as such a view. */
  value(position: number, slot: number): Uint8Array | undefined {
    return this.#ring?.value(position, slot)
  }

  /**
   * Resolves when everything in the ring is in the tail, and with everything else there flushed. The tail then says that
   * there are no accepts below power-loss any more, unless they are the normal ones, or begin again meanwhile.
   */
  async moveAll(isClosing: boolean): Promise<void> {
    const ends = this.announcement.isDurable && (isClosing || !this.#parts.staysAnnounced)
    const last = ends ? this.announcement.end() : () => []
    if (this.#eviction) await this.#eviction.evictAll(last)
    else await this.#parts.write(newWrite(last(), true))
  }

  /** Resolves when no announcement is under way. */
  async settle(): Promise<void> {
    await this.announcement.underWay
    await this.#creating?.catch(() => undefined)
  }

  async close(): Promise<void> {
    const ring = this.#ring
    this.#ring = undefined
    // It knows the ring too: who keeps a closed log is not to keep that much memory.
    this.#eviction = undefined
    await ring?.close()
  }

  /** The tail says durably that there may be such accepts; where it does not, a later one will find that it does. */
  #mayAccept(): boolean {
    return this.announcement.isDurable || this.announcement.make() === undefined
  }

  /** The ring, where it may be written to; if it is not there yet, a later call will find it. */
  #usable(): RingBuffer | undefined {
    if (this.#parts.hasFailed()) return undefined
    // Where there is no room for its file, everything goes to the tail as before.
    if (!this.#ring) this.#create().catch(() => undefined)
    return this.#ring
  }

  #store(
    kind: typeof RECORD.accept | typeof RECORD.decide,
    slot: number,
    ballot: Ballot,
    value: Uint8Array,
    proof: Uint8Array | undefined,
  ): boolean {
    const ring = this.#usable()
    if (!ring || this.#isHeld(slot)) return false
    const position = this.#append(ring, kind, slot, ballot, this.#tail.reached, 0, value, proof)
    if (position === NO_ROOM) return false
    this.#table.set(slot, regionAddress(position, kind === RECORD.decide))
    return true
  }

  /** A write of the slot is under way, or a flush that has to move what it holds. */
  #isHeld(slot: number): boolean {
    if (this.#pending.has(slot)) return true
    const owedTo = this.#eviction?.owedTo ?? 0
    if (owedTo === 0) return false
    const address = this.#table.get(slot)
    return isInRegion(address) && placeOf(address) < owedTo
  }

  /** The proposal is in the tail: a record in the ring says that it is decided. */
  #storeMark(ring: RingBuffer, slot: number, ballot: Ballot, link: number): boolean {
    const checksum = this.#tail.entryChecksum(link, slot, ballot)
    if (checksum === undefined) return false
    const word = markWord(checksum)
    const position = this.#append(ring, RECORD.mark, slot, ballot, link, word, NO_BYTES, undefined)
    if (position === NO_ROOM) return false
    this.#table.set(slot, tailAddress(link, true))
    return true
  }

  #append(
    ring: RingBuffer,
    kind: RecordKind,
    slot: number,
    { round, nodeId }: Ballot,
    link: number,
    word: number,
    value: Uint8Array,
    proof: Uint8Array | undefined,
  ): number {
    let position = NO_ROOM
    try {
      position = ring.append(kind, slot, round, nodeId, link, word, value, proof)
    } catch (cause) {
      // Without maps a store is a system call, which may fail: what is in the file then, nobody knows.
      this.#parts.fail(cause)
    }
    return this.#appended(ring, position)
  }

  #appendAll(ring: RingBuffer, proposals: readonly Proposal[]): number {
    let position = NO_ROOM
    try {
      position = ring.acceptAll(proposals, this.#tail.reached)
    } catch (cause) {
      this.#parts.fail(cause)
    }
    return this.#appended(ring, position)
  }

  #appended(ring: RingBuffer, position: number): number {
    if (ring.isAging && !this.#eviction!.isRunning) this.#eviction!.start()
    return position
  }

  /** Nothing of the slot is under way, and its proposal is in the ring. */
  #mayDecide(ring: RingBuffer, slot: number): boolean {
    if (this.#pending.has(slot)) return false
    const address = this.#table.get(slot)
    return isInRegion(address) && !isDecided(address) && ring.holds(placeOf(address), slot)
  }

  #mark(ring: RingBuffer, position: number, slot: number): boolean {
    try {
      return ring.decide(position, slot)
    } catch (cause) {
      this.#parts.fail(cause)
      return false
    }
  }

  #create(): Promise<void> {
    if (this.#ring) return Promise.resolve()
    this.#creating ??= this.#createRing().finally(() => (this.#creating = undefined))
    return this.#creating
  }

  async #createRing(): Promise<void> {
    const { files, regionBytes, beginChanges } = this.#parts
    // A ring that a clean close stands against is not looked at.
    await beginChanges()
    const ring = await RingBuffer.create(files, regionBytes)
    this.#ring = ring
    this.#eviction = new Eviction({ ...this.#parts, ring })
  }
}

function isOutOfSpace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}
