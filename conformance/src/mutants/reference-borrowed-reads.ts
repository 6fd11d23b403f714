import type { BorrowedReads, OpenSlotRange } from '@persistent-log/core'
import { Refusal } from '../model/refusal.js'
import type { ModelSlot } from '../model/model-state.js'
import * as check from './arguments.js'
import type { ReferenceLog } from './reference-log.js'

/** Lends what the model holds, which nobody changes. */
export class ReferenceBorrowedReads implements BorrowedReads {
  readonly log: ReferenceLog

  constructor(log: ReferenceLog) {
    this.log = log
  }

  read<T>(slot: number, use: (value: Uint8Array) => T): T | undefined {
    check.slot(slot)
    check.callback(use, 'use')
    const { core } = this.log
    const value = core.call('borrowedReads.read', undefined, () => core.model.read(slot)?.value)
    return value && use(value)
  }

  scan(range: OpenSlotRange, use: (slot: number, value: Uint8Array) => unknown): number {
    check.range(range)
    check.callback(use, 'use')
    const { core } = this.log
    const { from, to } = core.call('borrowedReads.scan', undefined, () => this.bounds(range))
    for (const slot of core.model.slots(from, to)) {
      const held = core.model.state.slots.get(slot)
      if (held && this.lends(held) && this.isOver(use(slot, held.value))) return this.behind(slot)
    }
    return Math.max(from, to)
  }

  bounds(range: OpenSlotRange): { readonly from: number; readonly to: number } {
    const { model } = this.log.core
    const from = range.from ?? model.state.point
    if (from < model.state.point) throw new Refusal(['PLOG_COMPACTED'])
    return { from, to: Math.min(range.to ?? Infinity, model.nextSlot()) }
  }

  lends({ decided }: ModelSlot): boolean {
    return decided
  }

  isOver(answer: unknown): boolean {
    return answer === false
  }

  /** Where to go on from. */
  behind(slot: number): number {
    return slot + 1
  }
}
