import {
  checkFunction,
  checkObject,
  checkRange,
  checkSlot,
  copyBytes,
  isPersistentLogError,
  poisonViews,
  raise,
  ServedLog,
  takeSeat,
  type AttachedLog,
  type BorrowedReads,
  type CallOptions,
  type Capabilities,
  type Decision,
  type LogEntry,
  type OpenSlotRange,
  type ScanOptions,
  type Seat,
  type Slot,
  type StoredEntry,
  type SyncReads,
  type ThreadHandle,
} from '@persistent-log/core/backend'
import { MappedSegmentFiles, whyNotMapped } from '../segments/mapped-segment-files.js'
import { PositionalSegmentFiles } from '../segments/positional-segment-files.js'
import { AttachedSegments } from './attached-segments.js'
import { IndexReader } from './index-reader.js'
import { checkSharedHandle, type SharedHandle } from './shared-handle.js'
import { ASK_OWNER, SharedReads } from './shared-reads.js'

/** What `Backend.attach` of this backend is. */
export async function attach(handle: ThreadHandle): Promise<AttachedLog> {
  checkSharedHandle(handle)
  return new SharedLog(handle, takeSeat(handle))
}

/** A log in another thread that reads decisions by itself; the owner answers everything else. */
class SharedLog extends ServedLog {
  override readonly capabilities: Capabilities
  override readonly syncReads: Pick<SyncReads, 'read'>
  override readonly borrowedReads: BorrowedReads
  readonly #segments: AttachedSegments
  readonly #reads: SharedReads

  constructor(handle: SharedHandle, seat: Seat) {
    super(handle, seat)
    const { path, isMapped, logId, poisonViews: isPoisoning } = handle.place
    const isMappedHere = isMapped && whyNotMapped() === undefined
    const files = isMappedHere ? new MappedSegmentFiles(path) : new PositionalSegmentFiles(path)
    this.#segments = new AttachedSegments(files, logId)
    const { owner, progress } = this
    const index = new IndexReader(handle.index)
    this.#reads = new SharedReads({ owner, progress, seat, index, segments: this.#segments })
    this.capabilities = { ...handle.capabilities, syncWrites: undefined }
    this.syncReads = { read: (slot) => this.#readNow('syncReads.read', slot, (entry) => owned(slot, entry)) }
    const borrowedReads: BorrowedReads = {
      read: (slot, use) => {
        checkFunction(use, 'use')
        return this.#readNow('borrowedReads.read', slot, ({ value }) => use(value))
      },
      scan: (range, use) => {
        checkObject(range, 'range')
        checkRange(range)
        checkFunction(use, 'use')
        return this.#lendAll(range, use)
      },
    }
    this.borrowedReads = isPoisoning ? poisonViews(borrowedReads) : borrowedReads
  }

  override async read(slot: Slot, options?: CallOptions): Promise<Decision | undefined> {
    checkSlot(slot)
    this.owner.check('read', options?.signal)
    try {
      const found = this.#reads.find('read', slot, (entry) => owned(slot, entry))
      if (found !== ASK_OWNER) return found
    } catch (error) {
      // The owner is to know of damage too, and what he says of it counts.
      if (!isPersistentLogError(error, 'PLOG_CORRUPTED')) throw error
    }
    return super.read(slot, options)
  }

  override async close(): Promise<void> {
    await super.close()
    this.#segments.close()
  }

  protected override async entries(
    from: Slot,
    to: Slot,
    options: ScanOptions,
  ): Promise<LogEntry[] | undefined> {
    const batch = this.#entries(from, to, options)
    return batch === ASK_OWNER ? super.entries(from, to, options) : batch
  }

  /** Space that was given up is not held here. */
  protected override onWake(): void {
    if (this.progress.isClosed) this.#segments.close()
    else this.#reads.letGo()
  }

  #lendAll(range: OpenSlotRange, use: (slot: Slot, value: Uint8Array) => unknown): Slot {
    const operation = 'borrowedReads.scan'
    this.owner.check(operation)
    const { compactedBefore, decidedTo } = this.progress.bounds()
    const from = range.from ?? compactedBefore
    const to = Math.min(range.to ?? Number.MAX_SAFE_INTEGER, decidedTo)
    for (let next = from; ; next++) {
      // It may have moved since the last one was lent.
      const { point } = this.progress
      if (next < point) throw raise.compacted(next, point)
      const slot = next < to ? this.#reads.firstDecided(next, to) : undefined
      if (slot === ASK_OWNER) throw mustAsk(operation)
      if (slot === undefined) return Math.max(from, to)
      next = slot
      if (this.#readNow(operation, slot, ({ value }) => use(slot, value) === false)) return slot + 1
    }
  }

  #readNow<T>(operation: string, slot: Slot, use: (entry: StoredEntry) => T): T | undefined {
    checkSlot(slot)
    const found = this.#reads.find(operation, slot, use)
    if (found !== ASK_OWNER) return found
    throw mustAsk(operation)
  }

  #entries(
    from: Slot,
    to: Slot,
    { batchLength, damaged }: ScanOptions,
  ): LogEntry[] | undefined | typeof ASK_OWNER {
    const batch: LogEntry[] = []
    let next = from
    while (batch.length < batchLength!) {
      const slot = this.#reads.firstDecided(next, to)
      if (slot === ASK_OWNER) return slot
      const { point } = this.progress
      if (next < point && next < to) {
        if (batch.length > 0) break
        throw raise.compacted(next, point)
      }
      if (slot === undefined) break
      next = slot + 1
      try {
        const entry = this.#reads.find('decisions', slot, (found) => owned(slot, found))
        if (entry === ASK_OWNER) return entry
        if (entry) batch.push({ status: 'decided', ...entry })
      } catch (error) {
        if (!isPersistentLogError(error, 'PLOG_CORRUPTED')) throw error
        if (damaged === 'skip') continue
        // What was gathered before the damage is delivered first.
        if (batch.length === 0) throw error
        break
      }
    }
    return batch.length > 0 ? batch : undefined
  }
}

function mustAsk(operation: string): Error {
  return raise.busy(operation, 'only the owner can tell; make the same call through the log')
}

function owned(slot: Slot, { ballot, value, proof }: StoredEntry): Decision {
  return { slot, ballot, value: copyBytes(value), proof: proof && copyBytes(proof) }
}
