import {
  PersistentLogError,
  raise,
  type Capabilities,
  type ErrorContext,
  type LogEntry,
  type OpenContext,
} from '@persistent-log/core'
import type { ModelSlot, ModelState } from '../model/model-state.js'
import type { Model } from '../model/model.js'
import { Refusal } from '../model/refusal.js'
import type { ReferenceDisk } from './disk.js'

/** What the parts of the reference log share: the model, its disk, and whether it is open. */
export class ReferenceCore {
  readonly model: Model
  readonly disk: ReferenceDisk
  readonly context: OpenContext
  readonly capabilities: Capabilities
  state: 'open' | 'closing' | 'closed' = 'open'
  /** Told when closing begins: what waits for the log to go on waits in vain. */
  readonly whenClosing = new Set<() => void>()
  /** Told when the disk has what was judged. */
  readonly whenSaved = new Set<() => void>()
  /** What has to end before the disk is released. */
  readonly whenClosed = new Set<() => Promise<void>>()
  readonly #running = new Set<Promise<unknown>>()
  #saving = 0

  constructor(model: Model, disk: ReferenceDisk, context: OpenContext, capabilities: Capabilities) {
    this.model = model
    this.disk = disk
    this.context = context
    this.capabilities = capabilities
  }

  /** Runs a reading call: open, not aborted, refusals turned into errors. */
  call<T>(operation: string, signal: AbortSignal | undefined, body: () => T): T {
    this.checkOpen(operation)
    signal?.throwIfAborted()
    try {
      return body()
    } catch (error) {
      throw error instanceof Refusal ? this.asError(error, operation) : error
    }
  }

  /** Runs a writing call: judged at once, answered when the disk has it. */
  async write<T>(
    operation: string,
    signal: AbortSignal | undefined,
    body: () => T,
    slot?: number,
  ): Promise<T> {
    let result: T
    try {
      result = this.call(operation, signal, body)
    } catch (error) {
      throw this.withSlot(error, slot)
    }
    await this.track(this.flush())
    return result
  }

  async flush(): Promise<void> {
    this.#saving++
    try {
      await this.disk.save(() => this.toDisk(this.model.state))
    } finally {
      this.#saving--
    }
    for (const tell of this.whenSaved) tell()
  }

  /** Something was judged that the disk does not have yet. */
  get isSaving(): boolean {
    return this.#saving > 0
  }

  /** Runs a writing call on one slot to its end: judged, and on the disk on return. */
  writeNow(operation: string, slot: number, body: () => void): void {
    try {
      this.call(operation, undefined, body)
    } catch (error) {
      throw this.withSlot(error, slot)
    }
    this.disk.saveNow(this.toDisk(this.model.state))
    for (const tell of this.whenSaved) tell()
  }

  /** What is written of the state. */
  toDisk(state: ModelState): ModelState {
    return state
  }

  checkOpen(operation: string): void {
    if (this.state !== 'open') throw raise.notOpen(operation)
  }

  track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work)
    return work.finally(() => this.#running.delete(work))
  }

  async close(): Promise<void> {
    if (this.state !== 'open') return
    this.state = 'closing'
    for (const tell of this.whenClosing) tell()
    await Promise.allSettled(this.#running)
    for (const end of this.whenClosed) await end()
    try {
      this.disk.saveNow(this.toDisk(this.model.state), true)
    } finally {
      this.disk.release()
      this.state = 'closed'
    }
  }

  /** An entry whose bytes belong to the caller. */
  entry(slot: number, held: ModelSlot): LogEntry {
    const { ballot, value, proof, decided } = held
    const status = decided ? 'decided' : 'accepted'
    return { status, slot, ballot: { ...ballot }, value: this.lend(value), proof: proof && this.lend(proof) }
  }

  lend(bytes: Uint8Array): Uint8Array {
    return Uint8Array.from(bytes)
  }

  asError({ codes, facts }: Refusal, operation: string): PersistentLogError {
    const [code = 'PLOG_IO'] = codes
    const { promised, point } = this.model.state
    return new PersistentLogError(code, operation, {
      ...facts,
      operation,
      promised: promised && { ...promised },
      compactedBefore: point,
    })
  }

  /** Adds what the refusal of a call on one slot must tell. */
  withSlot(error: unknown, slot: number | undefined): unknown {
    if (!(error instanceof PersistentLogError) || slot === undefined) return error
    const stored = this.model.state.slots.get(slot)?.ballot
    const context: ErrorContext = { ...error.context, slot, stored: stored && { ...stored } }
    return new PersistentLogError(error.code, error.context.operation ?? '', context)
  }
}
