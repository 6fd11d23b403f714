import type { DecisionScan, LogEntry } from '@persistent-log/core'
import { Refusal } from '../model/refusal.js'
import type { ReferenceCore } from './reference-core.js'

/** What a scan was asked for. */
export interface ScanOrder {
  readonly from: number | undefined
  readonly to: number | undefined
  readonly decided: boolean
  readonly accepted: boolean
  readonly batchLength: number
  readonly signal: AbortSignal | undefined
}

/** Walks the model slot by slot; judges each when it reaches it. */
export class ReferenceScan implements DecisionScan {
  readonly core: ReferenceCore
  readonly order: ScanOrder
  readonly end: number
  next: number

  constructor(core: ReferenceCore, order: ScanOrder) {
    this.core = core
    this.order = order
    this.next = order.from ?? core.model.state.point
    this.end = this.frozenEnd()
  }

  frozenEnd(): number {
    return Math.min(this.order.to ?? Infinity, this.core.model.nextSlot())
  }

  async nextBatch(): Promise<LogEntry[] | undefined> {
    return this.core.call('scan', this.order.signal, () => this.collect())
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LogEntry> {
    for (let batch = await this.nextBatch(); batch; batch = await this.nextBatch()) yield* batch
  }

  /** The slots still to come, in the order in which they are handed out. */
  coming(): number[] {
    return this.core.model.slots(this.next, this.end)
  }

  collect(): LogEntry[] | undefined {
    const { model } = this.core
    const begun = this.order.from === undefined || this.next > this.order.from
    if (this.next < model.state.point && (this.next < this.end || !begun))
      throw new Refusal(['PLOG_COMPACTED'])
    const batch: LogEntry[] = []
    for (const slot of this.coming()) {
      if (batch.length === this.order.batchLength) break
      const held = model.state.slots.get(slot)
      this.next = slot + 1
      if (!held || !(held.decided ? this.order.decided : this.order.accepted)) continue
      batch.push(this.core.entry(slot, held))
    }
    return batch.length > 0 ? batch : undefined
  }
}

/** A scan that was asked for wrongly: its first pull tells. */
export function rejectedScan(error: unknown): DecisionScan {
  const fail = (): Promise<never> => Promise.reject(error)
  return {
    nextBatch: fail,
    [Symbol.asyncIterator]: () => ({ next: fail }),
  }
}
