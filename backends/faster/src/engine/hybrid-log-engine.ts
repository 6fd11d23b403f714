import {
  copyBytes,
  raise,
  survivesAtLeast,
  type AtOnceWrites,
  type BlobStore,
  type Capabilities,
  type Effect,
  type EngineCounters,
  type EngineVerification,
  type LogEngine,
  type ServedCalls,
  type StoredEntry,
  type Survival,
  type ThreadHandle,
} from '@persistent-log/core/backend'
import { isInRegion, NOWHERE, placeOf } from '../regions/address.js'
import type { Compressor } from '../sealing/compressor.js'
import type { SlotTable } from '../regions/slot-table.js'
import { REGION_NAME } from '../ring/ring-layout.js'
import type { Sealer } from '../sealing/sealer.js'
import type { StoredRecord } from '../segments/record.js'
import type { SegmentFiles } from '../segments/segment-files.js'
import type { Tail } from '../segments/tail.js'
import type { SharedPlace } from '../threads/shared-handle.js'
import { ThreadSharing } from '../threads/thread-sharing.js'
import type { EffectEncoder } from './effect-encoder.js'
import { LentValues } from './lent-values.js'
import type { PendingSlots } from './pending-slots.js'
import { reclaim } from './reclamation.js'
import { RingWrites } from './ring-writes.js'
import { newWrite, type PendingWrite, type StoredEffect } from './stored-effect.js'
import { verifyEverything } from './verification.js'
import { WriteQueue } from './write-queue.js'

/** A recovered log, and what it stands on. */
export interface EngineParts {
  readonly files: SegmentFiles
  readonly logId: Buffer
  readonly capabilities: Capabilities
  readonly blobs: BlobStore
  readonly tail: Tail
  readonly table: SlotTable
  readonly pending: PendingSlots
  readonly encoder: EffectEncoder
  /** Entries of the mutable region: to be pointed at the one of the log as it is open now. */
  readonly region: { read: (position: number) => StoredRecord | undefined }
  readonly regionBytes: number
  /** Accepts below power-loss are what this log is configured for. */
  readonly acceptsWeakly: boolean
  readonly sealer: Sealer
  readonly compressor: Compressor
  /** Segments from this number on hold damage that nobody has repaired. */
  readonly keepFrom: number
  /** To be called before the first change of the files since the open; idempotent. */
  readonly beginChanges: () => Promise<void>
  /** True as long as the files of the tail are what a clean close left. */
  readonly isAsClosed: () => boolean
  /** Where threads find the files; `undefined` where they are not to be shared. */
  readonly place: SharedPlace | undefined
  /** The directory: the close is noted when everything is flushed, the lock given back in any case. */
  readonly directory: { markClean(): Promise<void>; release(): Promise<void> }
}

/** The name of this backend in configurations and on disk. */
export const BACKEND_NAME = 'faster'

const DONE = Promise.resolve()

/**
 * The hybrid log: accepts and decisions below power-loss go to the mutable region at memory speed, everything else to the
 * tail; a slot index says where each slot's newest version is. After FASTER (Chandramouli et al., SIGMOD 2018), section
 * 5, with a log that never rewrites what a vote rests on.
 */
export class HybridLogEngine implements LogEngine {
  readonly backend = BACKEND_NAME
  readonly capabilities: Capabilities
  readonly blobs: BlobStore
  readonly #parts: EngineParts
  readonly #queue: WriteQueue
  readonly #ring: RingWrites
  readonly #lent = new LentValues()
  readonly threadHandle: ((log: ServedCalls) => ThreadHandle) | undefined
  #reclaiming: Promise<void> = DONE
  /** There is none before the first handle. */
  #sharing: ThreadSharing | undefined

  constructor(parts: EngineParts) {
    this.#parts = parts
    this.capabilities = parts.capabilities
    this.blobs = parts.blobs
    this.#queue = new WriteQueue(parts)
    this.#ring = new RingWrites({
      ...parts,
      staysAnnounced: parts.acceptsWeakly,
      write: (write) => this.#add(write),
      hasFailed: () => this.#queue.failure !== undefined,
      fail: this.#queue.fail,
    })
    parts.region.read = this.#ring.read
    parts.sealer.whenBroken(this.#queue.fail)
    parts.compressor.whenReplaced(() => this.#lent.clear())
    const { place } = parts
    if (place) this.threadHandle = (log) => this.#share(log, place).newHandle()
  }

  /** The mutable region outlives no power cut; the tail loses its end only. */
  get holdsWeakWrites(): boolean {
    return this.#ring.holdsAny
  }

  get atOnce(): AtOnceWrites {
    return this.#ring
  }

  /** Part of opening: what has to be durable before the first write. */
  async begin(): Promise<void> {
    try {
      await this.#ring.begin()
    } catch (error) {
      await this.#ring.close()
      throw error
    }
  }

  read(slot: number): StoredEntry | 'damaged' {
    const entry = this.borrow(slot)
    if (entry === 'damaged') return entry
    const { ballot, value, proof } = entry
    return { ballot, value: copyBytes(value), proof: proof && copyBytes(proof) }
  }

  borrow(slot: number): StoredEntry | 'damaged' {
    const { table, tail } = this.#parts
    const address = table.get(slot)
    if (address === NOWHERE) return 'damaged'
    const place = placeOf(address)
    const entry = isInRegion(address) ? this.#ring.entry(place, slot) : tail.entry(place, slot)
    return entry ?? 'damaged'
  }

  borrowValue(slot: number): Uint8Array | 'damaged' {
    const { files, table, tail } = this.#parts
    const address = table.get(slot)
    const lent = this.#lent.get(slot, address)
    if (lent) return lent
    const place = placeOf(address)
    const inRegion = isInRegion(address)
    const value = inRegion ? this.#ring.value(place, slot) : tail.entry(place, slot)?.value
    if (!value) return 'damaged'
    // Without a map a view is a copy, or a part of one: those would fill the memory.
    const isCopy = !files.mapped || (!inRegion && tail.segmentAt(place)?.file.isCompressed === true)
    if (!isCopy) this.#lent.keep(slot, address, value)
    return value
  }

  write(effects: readonly Effect[], survives: Survival): Promise<void> {
    const { failure } = this.#queue
    if (failure) return Promise.reject(failure.cause)
    const isStrong = survivesAtLeast(survives, 'power-loss')
    if (effects.length === 0) return isStrong ? this.#flushAll() : this.#confirmAll()
    return isStrong ? this.#enqueue(effects, true) : this.#writeWeakly(effects)
  }

  reclaim(): Promise<void> {
    const { tail, table, keepFrom, sealer } = this.#parts
    const turn = this.#reclaiming.then(() =>
      reclaim({
        tail,
        table,
        keepFrom,
        sealer,
        write: (write) => this.#add(write),
        flushAll: () => this.#flushAll(),
        roll: () => this.#queue.roll(),
      }),
    )
    this.#reclaiming = turn.catch(() => undefined)
    return turn
  }

  verify(signal: AbortSignal | undefined): Promise<EngineVerification> {
    const { tail, table, blobs, logId, encoder } = this.#parts
    const blobNames = (): string[] => encoder.state.checkpoints.map(({ blob }) => blob)
    return verifyEverything({ tail, table, readRegion: this.#ring.read, blobs, blobNames, logId, signal })
  }

  counters(): EngineCounters {
    const { flushes, bytesWritten } = this.#parts.tail
    return { flushes, bytesWritten, flushedWrites: this.#queue.flushedWrites }
  }

  /** Everything goes to the tail, the tail says that it was closed, unless it does already, then the directory does. */
  async close(): Promise<void> {
    const { directory } = this.#parts
    try {
      await this.#sharing?.close()
      await this.#closeFiles()
      await directory.markClean()
    } finally {
      await directory.release()
    }
  }

  async #closeFiles(): Promise<void> {
    const { tail, files, sealer, compressor } = this.#parts
    try {
      compressor.stop()
      await this.#reclaiming
      await this.#ring.settle()
      if (this.#queue.failure) throw raise.poisoned('close', this.#queue.failure.cause)
      await this.#ring.moveAll(true)
      if (!this.#parts.isAsClosed()) await this.#sealEnd()
    } finally {
      await allInTurn(
        () => this.#queue.idle(),
        () => sealer.idle(),
        () => this.#ring.close(),
        () => tail.close(),
      )
    }
    await files.remove(REGION_NAME)
  }

  async #sealEnd(): Promise<void> {
    const { tail, sealer } = this.#parts
    await this.#add(newWrite([{ kind: 'close' }], true))
    await tail.cut()
    await sealer.finish()
  }

  #share(log: ServedCalls, place: SharedPlace): ThreadSharing {
    this.#sharing ??= new ThreadSharing({ ...this.#parts, place }, log)
    return this.#sharing
  }

  /**
   * What is not written at once: it goes to the tail, and resolves when the operating system has it, unless a promise, a
   * discard or a stronger write of the same slot is waiting for a flush, or votes could be lost without anybody knowing
   * that there were any. An accept of this kind waits until the next one need not.
   */
  #writeWeakly(effects: readonly Effect[]): Promise<void> {
    const { pending } = this.#parts
    // What reads see changes for all of a batch at once: one that is shown behind a flush goes with it.
    let isEarly = pending.barriers === 0 && !(effects.length > 1 && this.#queue.awaitsFlush)
    // What comes behind an accept that waits resolves behind it.
    const { announcement } = this.#ring
    let announced = announcement.underWay
    for (const effect of effects) {
      const isEntry = effect.kind === 'accept' || effect.kind === 'decide'
      if (!isEntry || pending.isFlushing(effect.slot)) isEarly = false
      if (effect.kind === 'accept') announced ??= announcement.make()
    }
    const written = this.#enqueue(effects, !isEarly || announced !== undefined)
    return bothOf(written, announced)
  }

  #enqueue(effects: readonly StoredEffect[], joinsFlush: boolean): Promise<void> {
    return this.#add(newWrite(effects, joinsFlush))
  }

  #add(write: PendingWrite): Promise<void> {
    this.#parts.pending.holdAll(write)
    return this.#queue.add(write)
  }

  /**
   * Resolves when everything taken over before outlives the process, and has resolved. What a repeated call confirms may
   * be an accept that waits for a flush, because nothing announces weak ones yet, or whatever else joined one.
   */
  #confirmAll(): Promise<void> {
    const { isDurable: isAnnounced, underWay: announcing } = this.#ring.announcement
    const { isFlushed, isAppended, awaitsFlush } = this.#queue
    const isConfirmed = isAnnounced ? isAppended && !awaitsFlush : isFlushed
    const joinsFlush = awaitsFlush || !isAnnounced
    return bothOf(isConfirmed ? DONE : this.#queue.add(newWrite([], joinsFlush)), announcing)
  }

  /** Resolves when the device has everything taken over before, the mutable region included. */
  #flushAll(): Promise<void> {
    return this.#ring.moveAll(false)
  }
}

function bothOf(first: Promise<void>, second: Promise<void> | undefined): Promise<void> {
  return second ? Promise.all([first, second]).then(() => undefined) : first
}

/** One behind the other, also where one fails; the first failure is told when all are done. */
async function allInTurn(...steps: readonly (() => Promise<void>)[]): Promise<void> {
  let failure: { readonly error: unknown } | undefined
  for (const step of steps) {
    try {
      await step()
    } catch (error) {
      failure ??= { error }
    }
  }
  if (failure) throw failure.error
}
