import { Ledger, type Effect, type StoredEntry } from '@persistent-log/core/backend'

/** All that the toy log holds: the ledger, and the bytes of the slots. */
export class ToyState {
  readonly ledger: Ledger
  readonly entries = new Map<number, StoredEntry>()

  constructor(firstSlot: number) {
    this.ledger = new Ledger(firstSlot)
  }

  apply(effects: readonly Effect[]): void {
    for (const effect of effects) {
      this.ledger.apply(effect)
      if (effect.kind === 'accept' || effect.kind === 'decide') {
        const { slot, ballot, value, proof } = effect
        if (slot >= this.ledger.point) this.entries.set(slot, { ballot, value, proof })
      }
      if (effect.kind === 'compact' || effect.kind === 'discard') this.#forget()
    }
  }

  /** What they held is lost: they are damaged until somebody learns them. */
  lose(slots: readonly number[]): void {
    for (const slot of slots) {
      this.ledger.addDamage({ from: slot, to: slot + 1 })
      this.entries.delete(slot)
    }
  }

  /** Slots that are damaged. */
  get lost(): number[] {
    const slots: number[] = []
    for (const { from, to } of this.ledger.damaged.ranges())
      for (let slot = from; slot < to; slot++) slots.push(slot)
    return slots
  }

  /** The shortest list of effects that leads here. */
  asEffects(): Effect[] {
    const { ledger } = this
    const effects: Effect[] = [{ kind: 'compact', before: ledger.point, ballot: ledger.compactedBallot }]
    if (ledger.promised) effects.push({ kind: 'promise', ballot: ledger.promised })
    for (const [slot, { ballot, value, proof }] of this.entries) {
      const entry = { slot, ballot, value, proof }
      if (ledger.decided.has(slot)) effects.push({ kind: 'decide', ...entry, matchesAccepted: false })
      else effects.push({ kind: 'accept', ...entry })
    }
    for (const [name, record] of ledger.configurations) effects.push({ kind: 'configure', name, ...record })
    for (const checkpoint of ledger.checkpoints) effects.push({ kind: 'checkpoint', checkpoint })
    return effects
  }

  #forget(): void {
    const { decided, accepted } = this.ledger
    for (const slot of this.entries.keys()) {
      if (!decided.has(slot) && !accepted.has(slot)) this.entries.delete(slot)
    }
  }
}
