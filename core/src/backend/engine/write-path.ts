import type { Ballot } from '../../contract/ballot.js'
import type { LogEntry } from '../../contract/proposal.js'
import type { Slot } from '../../contract/slot.js'
import { survivesAtLeast, type Survival } from '../../contract/survival.js'
import { raise } from '../../errors/raise.js'
import { copyToHandOut, copyToKeep, equalBytes } from '../bytes.js'
import type { StoredValues } from '../laws/ballot-law.js'
import type { Effect } from './effect.js'
import { effectBytes } from './entry-bytes.js'
import type { Ledger, Outline } from './ledger.js'
import type { LifeCycle } from './life-cycle.js'
import type { LogEngine, StoredEntry } from './log-engine.js'
import { OutstandingWrites, type Scope, type Write } from './outstanding-writes.js'
import { readFailure } from './read-failure.js'
import { SharedFlushes, type SharedFlush } from './shared-flush.js'
import { VersionsUnderWay } from './versions-under-way.js'

/**
 * The way of an effect: judged -> durable -> shown.
 *
 * `judged` holds every effect from the moment its call was judged; refusals rest on it. `shown` holds those that survive
 * what their own write asked; reads, scans and bounds rest on it. In between, `underWay` has the bytes of the newest version
 * of a slot.
 */
export class WritePath implements StoredValues {
  readonly judged: Ledger
  readonly shown: Outline
  /** The strongest survival that the backend offers. */
  readonly strongest: Survival
  readonly #engine: LogEngine
  readonly #life: LifeCycle
  readonly #underWay = new VersionsUnderWay()
  readonly #shared = new SharedFlushes()
  readonly #outstanding: OutstandingWrites
  #onWrite: ((bytes: number | undefined, survives: Survival) => void) | undefined
  /** Few: after the first failure no write is let in any more. */
  readonly #failed: Write[] = []

  constructor(engine: LogEngine, ledger: Ledger, life: LifeCycle) {
    this.#engine = engine
    this.#life = life
    const { accept, commit } = engine.capabilities.survives
    this.strongest = survivesAtLeast(accept, commit) ? accept : commit
    this.#outstanding = new OutstandingWrites(this.strongest)
    this.judged = ledger.copy()
    this.shown = ledger.outline()
  }

  /** Has somebody hear of every write: the bytes of its values and proofs, `undefined` when it changes nothing. */
  watch(onWrite: (bytes: number | undefined, survives: Survival) => void): void {
    this.#onWrite = onWrite
  }

  /** No write of the slot and none of the whole log is under way: what is judged is what is shown. */
  isSettled(slot: Slot): boolean {
    const { isEmpty, hasLogWide } = this.#outstanding
    return isEmpty || (!hasLogWide && !this.#isUnderWay(slot))
  }

  /** Nothing is under way: what is judged is what is shown. */
  get isIdle(): boolean {
    return this.#outstanding.isEmpty
  }

  /** No write of this survival would have to be held back until others are shown. */
  isInTurn(survives: Survival): boolean {
    return this.#outstanding.isInTurn(survives)
  }

  /** The engine has stored this proposal already, in a settled slot. */
  acceptedAtOnce(slot: Slot, ballot: Ballot, bytes: number, survives: Survival): void {
    this.judged.addAccepted(slot, ballot, bytes)
    this.shown.addAccepted(slot, ballot, bytes)
    this.#onWrite?.(bytes, survives)
  }

  /** The engine has decided this settled slot already, and stored so many bytes for that. */
  decidedAtOnce(slot: Slot, bytes: number, survives: Survival): void {
    this.judged.addDecided(slot)
    this.shown.addDecided(slot)
    this.#onWrite?.(bytes, survives)
  }

  /** The engine is going to decide this settled slot with a flush, and everything that shares it: shown with all of that. */
  decidedWithFlush(slot: Slot, flushed: Promise<void>, survives: Survival): Promise<void> {
    this.judged.addDecided(slot)
    const { slots, shown } = this.#shared.of(flushed) ?? this.#share(flushed, survives)
    slots.push(slot)
    this.#onWrite?.(0, survives)
    return shown
  }

  /** The same of a batch, which everything that is judged next is ordered against. */
  decidedAllWithFlush(decided: readonly Slot[], flushed: Promise<void>, survives: Survival): Promise<void> {
    this.judged.addAllDecided(decided)
    const { slots, shown, write } = this.#shared.of(flushed) ?? this.#share(flushed, survives)
    for (const slot of decided) slots.push(slot)
    this.#outstanding.markLogWide(write)
    this.#onWrite?.(0, survives)
    return shown
  }

  /** Takes the effects over before it returns; resolves when they survive what was asked and are shown. */
  write(operation: string, effects: readonly Effect[], survives: Survival, scope: Scope): Promise<void> {
    const earlier = this.#outstanding.mustBeShownBefore(survives, scope, this.#writeOf)
    const shows = effects.length > 0
    const write: Write = { effects, survives, shows, isHeld: shows && !!earlier, waiting: undefined }
    this.judged.applyAll(effects)
    this.#underWay.add(effects)
    this.#begin(write)
    if (scope === 'log' && shows) this.#outstanding.markLogWide(write)
    const stored = this.#engine.write(effects, survives)
    const done = (earlier ? Promise.all([stored, earlier]) : stored).then(
      () => this.#show(write),
      (cause: unknown) => this.#fail(operation, write, cause),
    )
    if (this.#onWrite) this.#onWrite(effectBytes(effects), survives)
    return done
  }

  /**
   * The bytes of the newest version of a slot, flushed or not, to keep: an effect may carry them. Only where `judged`
   * says that the slot holds something.
   */
  newest(slot: Slot): StoredEntry | 'damaged' {
    const entry = this.borrowNewest(slot)
    if (entry === 'damaged' || !this.#engine.borrow || this.#underWay.has(slot)) return entry
    const { ballot, value, proof } = entry
    return { ballot, value: copyToKeep(value), proof: proof && copyToKeep(proof) }
  }

  /** Like `newest`, to look at: the bytes live only until the next call of the engine. */
  borrowNewest(slot: Slot): StoredEntry | 'damaged' {
    return this.#underWay.get(slot) ?? this.#remembered(slot, this.#borrowStored(slot))
  }

  /** Whether the newest version of a slot has this value. Damage that is found that way is remembered. */
  holdsValue(slot: Slot, value: Uint8Array | undefined): boolean {
    const stored = this.borrowNewest(slot)
    return stored !== 'damaged' && value !== undefined && equalBytes(stored.value, value)
  }

  /**
   * The bytes of the shown version of a slot; only where `shown` says that it holds something. `undefined`: a discard
   * under way dropped it, which the engine may know before it says so.
   */
  read(slot: Slot): StoredEntry | 'damaged' | undefined {
    return this.#current(slot, this.#readStored(slot))
  }

  /** Like `read`, to look at: the bytes live only until the next call of the engine. */
  borrow(slot: Slot): StoredEntry | 'damaged' | undefined {
    const entry = this.#borrowStored(slot)
    return entry === 'damaged' ? this.#current(slot, entry) : entry
  }

  /** Like `read`, for many slots in a row: the copies may share memory. */
  scanned(slot: Slot, status: LogEntry['status']): LogEntry | 'damaged' | undefined {
    const entry = this.#engine.borrow ? this.borrow(slot) : this.read(slot)
    if (typeof entry !== 'object') return entry
    const { ballot, value, proof } = entry
    if (!this.#engine.borrow) return { status, slot, ballot, value, proof }
    return { status, slot, ballot, value: copyToHandOut(value), proof: proof && copyToHandOut(proof) }
  }

  /** The value alone, as `borrow` lends it. */
  borrowValue(slot: Slot): Uint8Array | 'damaged' | undefined {
    const value = this.#borrowStoredValue(slot)
    if (value !== undefined && value !== 'damaged') return value
    const entry = this.borrow(slot)
    return typeof entry === 'object' ? entry.value : entry
  }

  #readStored(slot: Slot): StoredEntry | 'damaged' {
    try {
      return this.#engine.read(slot)
    } catch (cause) {
      throw readFailure(slot, cause)
    }
  }

  #borrowStored(slot: Slot): StoredEntry | 'damaged' {
    try {
      return this.#engine.borrow?.(slot) ?? this.#engine.read(slot)
    } catch (cause) {
      throw readFailure(slot, cause)
    }
  }

  #borrowStoredValue(slot: Slot): Uint8Array | 'damaged' | undefined {
    try {
      return this.#engine.borrowValue?.(slot)
    } catch (cause) {
      throw readFailure(slot, cause)
    }
  }

  /** What is not found is no damage where a write under way takes it away. */
  #current(slot: Slot, entry: StoredEntry | 'damaged'): StoredEntry | 'damaged' | undefined {
    if (entry !== 'damaged') return entry
    if (slot < this.judged.point) throw raise.compacted(slot, this.judged.point)
    if (this.#isBeingDiscarded(slot)) return undefined
    // The version under way replaces the damaged one; to forget it here would let another be judged as if it were not there.
    return this.#isUnderWay(slot) ? entry : this.#remembered(slot, entry)
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

  #isUnderWay(slot: Slot): boolean {
    if (this.#underWay.has(slot)) return true
    return this.#shared.count > 0 && this.judged.decided.has(slot) && !this.shown.decided.has(slot)
  }

  /** One write for all that shares a flush. */
  #share(flushed: Promise<void>, survives: Survival): SharedFlush {
    const write: Write = { effects: [], survives, shows: true, isHeld: false, waiting: undefined }
    this.#begin(write)
    const slots: Slot[] = []
    const shown = flushed.then(
      () => {
        this.shown.addAllDecided(slots)
        this.#shared.end(flush)
        this.#show(write)
      },
      (cause: unknown) => this.#fail('commit', write, cause),
    )
    const flush = this.#shared.begin({ flushed, write, slots, shown })
    return flush
  }

  #begin(write: Write): void {
    this.#outstanding.add(write)
    this.#life.enter()
  }

  #show(write: Write): void {
    this.#settle(write)
    this.shown.applyAll(write.effects)
    this.#underWay.remove(write.effects)
    write.waiting?.forEach((settled) => settled())
  }

  #fail(operation: string, write: Write, cause: unknown): never {
    this.#settle(write)
    // The engine may have done a part of it; reads go on, and must not take that part for damage.
    this.#failed.push(write)
    const error = this.#life.poison(operation, cause)
    write.waiting?.forEach((settled) => settled({ cause: error }))
    throw error
  }

  #settle(write: Write): void {
    this.#outstanding.delete(write)
    this.#life.leave()
  }

  /** The write of the newest version of a slot, where it is not shown yet. Few ask, so that no version knows its write. */
  readonly #writeOf = (slot: Slot): Write | undefined => {
    const version = this.#underWay.get(slot)
    if (version === undefined) return this.#shared.writeOf(slot)
    for (const write of this.#outstanding) if (write.effects.includes(version)) return write
    return undefined
  }
}
