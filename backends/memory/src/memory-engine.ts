import {
  copyBallot,
  copyBytes,
  type AtOnceWrites,
  type Capabilities,
  type Effect,
  type EngineCounters,
  type EngineVerification,
  type LogEngine,
  type Slot,
  type StoredEntry,
} from '@persistent-log/core/backend'
import { MemoryBlobs } from './memory-blobs.js'

const CAPABILITIES: Capabilities = {
  survives: { accept: 'nothing', commit: 'nothing' },
  openBy: 'one-process',
  atomicBatches: true,
  locatesCorruption: true,
  syncReads: true,
  borrowedReads: true,
  syncWrites: 'nothing',
  limits: { valueBytes: 16 * 1024 * 1024, batchSlots: 65_536, batchBytes: 256 * 1024 * 1024 },
}

/**
 * The reference engine: the port in its simplest form. Promises, configuration and the list of checkpoints live in the
 * ledger above, so that only the bytes of slots and blobs are left to keep.
 */
export class MemoryEngine implements LogEngine {
  readonly backend = 'memory'
  readonly capabilities = CAPABILITIES
  readonly blobs = new MemoryBlobs()
  readonly atOnce: AtOnceWrites = {
    survives: 'nothing',
    accept: (slot, ballot, value, proof) => this.#store(this.#accepted, slot, { ballot, value, proof }),
    commit: (slot) => this.#store(this.#decided, slot, this.#accepted.get(slot)!),
    decide: (slot, ballot, value, proof) => this.#store(this.#decided, slot, { ballot, value, proof }),
  }
  readonly #accepted = new Map<Slot, StoredEntry>()
  readonly #decided = new Map<Slot, StoredEntry>()
  /** Their blobs. */
  readonly #checkpoints = new Set<string>()
  #point: Slot = 0
  #writes = 0

  borrow(slot: Slot): StoredEntry | 'damaged' {
    return this.#decided.get(slot) ?? this.#accepted.get(slot) ?? 'damaged'
  }

  read(slot: Slot): StoredEntry | 'damaged' {
    const entry = this.borrow(slot)
    if (entry === 'damaged') return entry
    const { ballot, value, proof } = entry
    return { ballot, value: copyBytes(value), proof: proof && copyBytes(proof) }
  }

  /**
   * What is not written at once takes effect after the call returned, as a write to a disk would: until then readers see
   * what was before.
   */
  async write(effects: readonly Effect[]): Promise<void> {
    await Promise.resolve()
    for (const effect of effects) this.#apply(effect)
    this.#writes++
  }

  async reclaim(): Promise<void> {
    for (const entries of [this.#accepted, this.#decided]) {
      for (const slot of entries.keys()) if (slot < this.#point) entries.delete(slot)
    }
  }

  async verify(): Promise<EngineVerification> {
    const entries = [...this.#accepted.values(), ...this.#decided.values()]
    const bytes = entries.reduce(
      (sum, { value, proof }) => sum + value.byteLength + (proof?.byteLength ?? 0),
      0,
    )
    return { slots: entries.length, bytes: bytes + this.blobs.bytesOf(this.#checkpoints), damaged: [] }
  }

  counters(): EngineCounters {
    return { flushes: 0, flushedWrites: this.#writes, bytesWritten: 0 }
  }

  async close(): Promise<void> {
    this.#accepted.clear()
    this.#decided.clear()
    this.blobs.clear()
  }

  #store(entries: Map<Slot, StoredEntry>, slot: Slot, { ballot, value, proof }: StoredEntry): true {
    if (entries === this.#decided) this.#accepted.delete(slot)
    entries.set(slot, {
      ballot: copyBallot(ballot),
      value: copyBytes(value),
      proof: proof && copyBytes(proof),
    })
    this.#writes++
    return true
  }

  #apply(effect: Effect): void {
    switch (effect.kind) {
      case 'accept':
        this.#accepted.set(effect.slot, effect)
        return
      case 'decide':
        this.#accepted.delete(effect.slot)
        this.#decided.set(effect.slot, effect)
        return
      case 'discard':
        for (const slot of this.#accepted.keys()) {
          if (slot >= effect.from && slot < effect.to) this.#accepted.delete(slot)
        }
        return
      case 'compact':
        this.#point = effect.before
        return
      case 'checkpoint':
        this.#checkpoints.add(effect.checkpoint.blob)
        return
      case 'drop-checkpoint':
        this.#checkpoints.delete(effect.blob)
        return
      case 'promise':
      case 'configure':
      case 'accept-lost-votes':
        return
    }
  }
}
