import type { Slot } from '../../contract/slot.js'
import type { Effect, EffectOf } from './effect.js'

/** An effect that carries the bytes of a slot. */
export type Version = EffectOf<'accept'> | EffectOf<'decide'>

/** Batches that are kept whole; those beyond are entered slot by slot, so that a look-up asks few. */
const MOST_BATCHES = 8

interface Batch {
  readonly effects: readonly Effect[]
  /** Made when somebody asks for a slot: nearly always nobody does before the batch is shown. */
  bySlot: Map<Slot, Version> | undefined
}

/** The newest version of each slot, from the moment it is judged until it is shown. */
export class VersionsUnderWay {
  /** Each is newer than all of `#batches`. */
  readonly #bySlot = new Map<Slot, Version>()
  readonly #batches: Batch[] = []

  /** The effects of one write, newer than all before. */
  add(effects: readonly Effect[]): void {
    const keepsWhole = effects.length > 1 && this.#bySlot.size === 0 && this.#batches.length < MOST_BATCHES
    if (keepsWhole) this.#batches.push({ effects, bySlot: undefined })
    else enter(this.#bySlot, effects)
  }

  /** The same list of effects: its versions are under way no more; newer ones of their slots stay. */
  remove(effects: readonly Effect[]): void {
    const at = effects.length > 1 ? this.#batches.findIndex((batch) => batch.effects === effects) : -1
    if (at >= 0) {
      this.#batches.splice(at, 1)
      return
    }
    for (const effect of effects) {
      if ('slot' in effect && this.#bySlot.get(effect.slot) === effect) this.#bySlot.delete(effect.slot)
    }
  }

  get(slot: Slot): Version | undefined {
    if (this.#bySlot.size === 0 && this.#batches.length === 0) return undefined
    return this.#bySlot.get(slot) ?? this.#inBatches(slot)
  }

  has(slot: Slot): boolean {
    return this.get(slot) !== undefined
  }

  /** The newest first. */
  #inBatches(slot: Slot): Version | undefined {
    for (let at = this.#batches.length - 1; at >= 0; at--) {
      const batch = this.#batches[at]!
      batch.bySlot ??= enter(new Map<Slot, Version>(), batch.effects)
      const version = batch.bySlot.get(slot)
      if (version) return version
    }
    return undefined
  }
}

function enter(versions: Map<Slot, Version>, effects: readonly Effect[]): Map<Slot, Version> {
  for (const effect of effects) {
    if (effect.kind === 'accept' || effect.kind === 'decide') versions.set(effect.slot, effect)
  }
  return versions
}
