import {
  copyBytes,
  raise,
  survivesAtLeast,
  type BlobStore,
  type Capabilities,
  type Effect,
  type EngineCounters,
  type EngineVerification,
  type LogEngine,
  type StoredEntry,
  type Survival,
} from '@persistent-log/core/backend'
import { isInRegion, NOWHERE, placeOf } from '../regions/address.js'
import { REGION_NAME } from '../regions/mutable-region.js'
import type { SlotTable } from '../regions/slot-table.js'
import { RECORD, type StoredRecord } from '../segments/record.js'
import type { SegmentFiles } from '../segments/segment-files.js'
import type { Tail } from '../segments/tail.js'
import type { EffectEncoder } from './effect-encoder.js'
import type { PendingSlots } from './pending-slots.js'
import { reclaim } from './reclamation.js'
import { newWrite, type PendingWrite, type StoredEffect } from './stored-effect.js'
import { verifyEverything } from './verification.js'
import type { WeakAccepts } from './weak-accepts.js'
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
  readonly weak: WeakAccepts
  /** Segments from this number on hold damage that nobody has repaired. */
  readonly keepFrom: number
  /** The directory: the close is noted when everything is flushed, the lock given back in any case. */
  readonly directory: { markClean(): Promise<void>; release(): Promise<void> }
}

/** The name of this backend in configurations and on disk. */
export const BACKEND_NAME = 'faster'

const DONE = Promise.resolve()

/**
 * The hybrid log: accepts below power-loss go to the mutable region at memory speed, everything else to the tail; a slot
 * index says where each slot's newest version is. After FASTER (Chandramouli et al., SIGMOD 2018), section 5, with a log
 * that never rewrites what a vote rests on.
 */
export class HybridLogEngine implements LogEngine {
  readonly backend = BACKEND_NAME
  readonly capabilities: Capabilities
  readonly blobs: BlobStore
  readonly #parts: EngineParts
  readonly #queue: WriteQueue
  #reclaiming: Promise<void> = DONE

  constructor(parts: EngineParts) {
    this.#parts = parts
    this.capabilities = parts.capabilities
    this.blobs = parts.blobs
    this.#queue = new WriteQueue(parts)
  }

  read(slot: number): StoredEntry | 'damaged' {
    const record = this.#record(slot)
    if (!record) return 'damaged'
    const { b: round, c: nodeId, value, proof } = record
    return { ballot: { round, nodeId }, value: copyBytes(value), proof: proof && copyBytes(proof) }
  }

  borrow(slot: number): StoredEntry | 'damaged' {
    // An entry of the mutable region may be overwritten as soon as it is superseded: no views of it leave.
    if (isInRegion(this.#parts.table.get(slot))) return this.read(slot)
    const record = this.#record(slot)
    if (!record) return 'damaged'
    const { b: round, c: nodeId, value, proof } = record
    return { ballot: { round, nodeId }, value, proof }
  }

  write(effects: readonly Effect[], survives: Survival): Promise<void> {
    const { failure } = this.#queue
    if (failure) return Promise.reject(failure.cause)
    const isStrong = survivesAtLeast(survives, 'power-loss')
    if (effects.length === 0) {
      // What a repeated call confirms may be an accept that waits for a flush because nothing announces weak ones yet.
      return isStrong || !this.#parts.weak.isAnnounced ? this.#flushAll() : this.#appendAll()
    }
    if (isStrong) return this.#enqueue(effects, true)
    if (this.#storeInRegion(effects)) return DONE
    return this.#enqueue(effects, !this.#mayResolveEarly(effects))
  }

  reclaim(): Promise<void> {
    const { tail, table, keepFrom } = this.#parts
    const turn = this.#reclaiming.then(() =>
      reclaim({
        tail,
        table,
        keepFrom,
        write: (write) => this.#add(write),
        flushAll: () => this.#flushAll(),
        roll: () => this.#queue.roll(),
      }),
    )
    this.#reclaiming = turn.catch(() => undefined)
    return turn
  }

  verify(signal: AbortSignal | undefined): Promise<EngineVerification> {
    const { tail, table, blobs, logId, encoder, weak } = this.#parts
    const blobNames = (): string[] => encoder.state.checkpoints.map(({ blob }) => blob)
    return verifyEverything({ tail, table, readRegion: weak.read, blobs, blobNames, logId, signal })
  }

  counters(): EngineCounters {
    const { flushes, bytesWritten } = this.#parts.tail
    return { flushes, bytesWritten, flushedWrites: this.#queue.flushedWrites }
  }

  /** Everything goes to the tail, the tail says that it was closed, then the directory does. */
  async close(): Promise<void> {
    const { directory } = this.#parts
    try {
      await this.#closeFiles()
      await directory.markClean()
    } finally {
      await directory.release()
    }
  }

  async #closeFiles(): Promise<void> {
    const { tail, weak, files } = this.#parts
    try {
      await this.#reclaiming
      await weak.settle()
      if (this.#queue.failure) throw raise.poisoned('close', this.#queue.failure.cause)
      const moved = this.#flushAll()
      const closed = this.#add(newWrite([{ kind: 'close' }], true))
      await moved
      await closed
    } finally {
      await this.#queue.idle()
      await weak.close()
      await tail.close()
    }
    await files.remove(REGION_NAME)
  }

  #record(slot: number): StoredRecord | undefined {
    const { table, tail, weak } = this.#parts
    const address = table.get(slot)
    if (address === NOWHERE) return undefined
    const place = placeOf(address)
    const record = isInRegion(address) ? weak.read(place) : tail.record(place)
    const isEntry = record?.kind === RECORD.accept || record?.kind === RECORD.decide
    return isEntry && record.a === slot ? record : undefined
  }

  /** One accept, announced, that nothing under way is ordered against: a store, and it outlives the process. */
  #storeInRegion(effects: readonly Effect[]): boolean {
    const { weak, pending, tail } = this.#parts
    const [effect] = effects
    if (effects.length !== 1 || effect?.kind !== 'accept') return false
    if (!weak.isAnnounced || pending.barriers > 0 || pending.has(effect.slot)) return false
    return weak.store(effect, tail.position)
  }

  /**
   * A write below power-loss resolves when the operating system has it, unless a promise, a discard or a stronger write
   * of the same slot is waiting for a flush, or votes could be lost without anybody knowing that there were any.
   */
  #mayResolveEarly(effects: readonly Effect[]): boolean {
    const { weak, pending } = this.#parts
    let isEarly = pending.barriers === 0
    for (const effect of effects) {
      if (effect.kind !== 'accept' && effect.kind !== 'decide') return false
      if (pending.isFlushing(effect.slot)) isEarly = false
      if (effect.kind === 'accept' && !weak.isAnnounced) {
        isEarly = false
        weak.announce((announcement) => this.#enqueue([announcement], true))
      }
    }
    return isEarly
  }

  #enqueue(effects: readonly StoredEffect[], joinsFlush: boolean): Promise<void> {
    return this.#add(newWrite(effects, joinsFlush))
  }

  #add(write: PendingWrite): Promise<void> {
    this.#parts.pending.holdAll(write)
    return this.#queue.add(write)
  }

  /** Resolves when the operating system has everything taken over before. */
  #appendAll(): Promise<void> {
    return this.#queue.isAppended ? DONE : this.#queue.add(newWrite([], false))
  }

  /** Resolves when the device has everything taken over before, the mutable region included. */
  async #flushAll(): Promise<void> {
    const { weak } = this.#parts
    if (weak.isAnnounced) {
      await Promise.all(weak.moveAll().map((batch) => this.#enqueue(batch, true)))
    } else if (!this.#queue.isFlushed) {
      await this.#queue.add(newWrite([], true))
    }
  }
}
