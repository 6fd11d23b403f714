import type { Ballot } from '../../contract/ballot.js'
import type { Slot } from '../../contract/slot.js'
import type { Survival } from '../../contract/survival.js'
import { raise } from '../../errors/raise.js'
import type { Effect } from './effect.js'
import type { Ledger } from './ledger.js'
import type { LifeCycle } from './life-cycle.js'
import type { LogEngine, StoredEntry } from './log-engine.js'

/**
 * What a write is ordered against: the writes of these slots, a no-op too; the whole log; or all `earlier` writes, while
 * none waits for it.
 */
export type Scope = readonly Slot[] | 'log' | 'earlier'

interface Write {
  readonly effects: readonly Effect[]
  readonly survives: Survival
  /** Settles when the write is shown, or has failed. */
  done: Promise<void>
}

interface PendingVersion {
  readonly write: Write
  readonly ballot: Ballot
  readonly value: Uint8Array
  readonly proof: Uint8Array | undefined
}

/**
 * The way of an effect: judged -> durable -> shown.
 *
 * `judged` holds every effect from the moment its call was judged; refusals rest on it. `shown` holds those that survive
 * what their own write asked; reads, scans and bounds rest on it. In between, the bytes of the newest version of a slot
 * are found in the overlay here.
 */
export class WritePath {
  readonly judged: Ledger
  readonly shown: Ledger
  readonly #engine: LogEngine
  readonly #life: LifeCycle
  readonly #overlay = new Map<Slot, PendingVersion>()
  readonly #outstanding = new Set<Write>()
  readonly #outstandingBy = new Map<Survival, number>()
  #lastLogWide: Write | undefined
  #onWrite: ((effects: readonly Effect[], survives: Survival) => void) | undefined
  /** Few: after the first failure no write is let in any more. */
  readonly #failed: Write[] = []

  constructor(engine: LogEngine, ledger: Ledger, life: LifeCycle) {
    this.#engine = engine
    this.#life = life
    this.judged = ledger.copy()
    this.shown = ledger.copy()
  }

  /** Has somebody hear of every write once it is taken over. */
  watch(onWrite: (effects: readonly Effect[], survives: Survival) => void): void {
    this.#onWrite = onWrite
  }

  /** Takes the effects over before it returns; resolves when they survive what was asked and are shown. */
  write(operation: string, effects: readonly Effect[], survives: Survival, scope: Scope): Promise<void> {
    const write: Write = { effects, survives, done: Promise.resolve() }
    const earlier = this.#mustBeShownBefore(survives, scope)
    // A failure may come before anybody waits for it; `#finish` tells it.
    earlier?.catch(() => undefined)
    for (const effect of effects) {
      this.judged.apply(effect)
      if (effect.kind === 'accept' || effect.kind === 'decide') {
        const { slot, ballot, value, proof } = effect
        this.#overlay.set(slot, { write, ballot, value, proof })
      }
    }
    this.#outstanding.add(write)
    this.#outstandingBy.set(survives, (this.#outstandingBy.get(survives) ?? 0) + 1)
    if (scope === 'log') this.#lastLogWide = write
    write.done = this.#finish(operation, write, earlier)
    // Its caller is told; those who only wait for its turn must not fail the process.
    write.done.catch(() => undefined)
    this.#onWrite?.(effects, survives)
    return write.done
  }

  /**
   * The bytes of the newest version of a slot, flushed or not, to keep: an effect may carry them. Only where `judged`
   * says that the slot holds something.
   */
  newest(slot: Slot): StoredEntry | 'damaged' {
    return this.#overlay.get(slot) ?? this.#remembered(slot, this.#engine.read(slot))
  }

  /** Like `newest`, to look at: the bytes live only until the next call of the engine. */
  borrowNewest(slot: Slot): StoredEntry | 'damaged' {
    return this.#overlay.get(slot) ?? this.#remembered(slot, this.#borrowStored(slot))
  }

  /**
   * The bytes of the shown version of a slot; only where `shown` says that it holds something. `undefined`: a discard
   * under way dropped it, which the engine may know before it says so.
   */
  read(slot: Slot): StoredEntry | 'damaged' | undefined {
    return this.#current(slot, this.#engine.read(slot))
  }

  borrow(slot: Slot): StoredEntry | 'damaged' | undefined {
    return this.#current(slot, this.#borrowStored(slot))
  }

  #borrowStored(slot: Slot): StoredEntry | 'damaged' {
    return this.#engine.borrow?.(slot) ?? this.#engine.read(slot)
  }

  /** What is not found is no damage where a write under way takes it away. */
  #current(slot: Slot, entry: StoredEntry | 'damaged'): StoredEntry | 'damaged' | undefined {
    if (entry !== 'damaged') return entry
    if (slot < this.judged.point) throw raise.compacted(slot, this.judged.point)
    if (this.#isBeingDiscarded(slot)) return undefined
    // The version under way replaces the damaged one; to forget it here would let another be judged as if it were not there.
    return this.#overlay.has(slot) ? entry : this.#remembered(slot, entry)
  }

  #isBeingDiscarded(slot: Slot): boolean {
    for (const { effects } of [...this.#outstanding, ...this.#failed]) {
      for (const effect of effects)
        if (effect.kind === 'discard' && effect.from <= slot && slot < effect.to) return true
    }
    return false
  }

  /** Remembers damage that a read came across, so that nobody takes the slot for an empty one. */
  #remembered(slot: Slot, entry: StoredEntry | 'damaged'): StoredEntry | 'damaged' {
    if (entry === 'damaged') {
      this.judged.addDamage({ from: slot, to: slot + 1 })
      this.shown.addDamage({ from: slot, to: slot + 1 })
    }
    return entry
  }

  async #finish(operation: string, write: Write, earlier: Promise<unknown> | undefined): Promise<void> {
    const { effects } = write
    try {
      await this.#engine.write(effects, write.survives)
      if (earlier) await earlier
    } catch (cause) {
      // The engine may have done a part of it; reads go on, and must not take that part for damage.
      this.#failed.push(write)
      throw this.#life.poison(operation, cause)
    } finally {
      this.#outstanding.delete(write)
      this.#outstandingBy.set(write.survives, this.#outstandingBy.get(write.survives)! - 1)
      if (this.#lastLogWide === write) this.#lastLogWide = undefined
    }
    for (const effect of effects) {
      this.shown.apply(effect)
      if ('slot' in effect && this.#overlay.get(effect.slot)?.write === write)
        this.#overlay.delete(effect.slot)
    }
  }

  /**
   * Writes of one survival are shown in the order of the calls by themselves. A weaker one may overtake a stronger one,
   * but not where it would be seen: in its own slot, or past a promise, a discard or a batch.
   */
  #mustBeShownBefore(survives: Survival, scope: Scope): Promise<unknown> | undefined {
    if (this.#outstanding.size === (this.#outstandingBy.get(survives) ?? 0)) return undefined
    if (typeof scope === 'string') return Promise.all([...this.#outstanding].map((write) => write.done))
    const earlier = scope.flatMap((slot) => this.#overlay.get(slot)?.write ?? [])
    if (this.#lastLogWide) earlier.push(this.#lastLogWide)
    return earlier.length > 0 ? Promise.all(earlier.map((write) => write.done)) : undefined
  }
}
