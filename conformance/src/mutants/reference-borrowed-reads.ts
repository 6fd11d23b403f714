import type { BorrowedReads, OpenSlotRange } from '@persistent-log/core'
import { POISON } from '@persistent-log/core/backend'
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
    return value && this.lend(slot, value, use)
  }

  scan(range: OpenSlotRange, use: (slot: number, value: Uint8Array) => unknown): number {
    check.range(range)
    check.callback(use, 'use')
    const { core } = this.log
    const { from, to } = core.call('borrowedReads.scan', undefined, () => this.bounds(range))
    for (const slot of core.model.slots(from, to)) {
      const held = core.model.state.slots.get(slot)
      if (held === undefined || !this.lends(held)) continue
      if (this.isOver(this.lend(slot, held.value, (value) => use(slot, value)))) return this.behind(slot)
    }
    return Math.max(from, to)
  }

  /** Lends one value, or a copy that is dead behind `use`. */
  lend<T>(slot: number, value: Uint8Array, use: (value: Uint8Array) => T): T {
    if (!this.log.core.context.poisonViews) return use(value)
    const view = Uint8Array.from(value)
    try {
      const result = use(view)
      if (this.differ(view, value)) throw new TypeError(`use wrote into the value of slot ${slot}`)
      return result
    } finally {
      this.kill(view)
    }
  }

  differ(view: Uint8Array, value: Uint8Array): boolean {
    return Buffer.compare(view, value) !== 0
  }

  kill(view: Uint8Array): void {
    view.fill(POISON)
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
