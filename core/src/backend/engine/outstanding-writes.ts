import type { Slot } from '../../contract/slot.js'
import type { Survival } from '../../contract/survival.js'
import type { Effect } from './effect.js'

/**
 * What a write is ordered against: the writes of one slot, a no-op too; the whole log; or all `earlier` writes, while
 * none waits for it.
 */
export type Scope = Slot | 'log' | 'earlier'

type WhenSettled = (failure?: { readonly cause: unknown }) => void

/** A write that was taken over and is not shown yet. */
export interface Write {
  readonly effects: readonly Effect[]
  readonly survives: Survival
  /** It changes something that can be seen: a flush does not. */
  readonly shows: boolean
  /** It is shown behind others, not as soon as the engine has it. */
  readonly isHeld: boolean
  /** Later writes that are not shown before this one. */
  waiting: WhenSettled[] | undefined
}

/** The writes that were taken over and are not shown yet, and which of them others have to be shown behind. */
export class OutstandingWrites implements Iterable<Write> {
  readonly #strongest: Survival
  readonly #all = new Set<Write>()
  /** The newest one of the whole log that is not shown yet, and what came behind it: who waits for these waits for all. */
  readonly #newest = new Set<Write>()
  readonly #by: Record<Survival, number> = {
    nothing: 0,
    'process-crash': 0,
    'power-loss': 0,
    'machine-loss': 0,
  }
  #held = 0
  #last: Write | undefined
  #lastLogWide: Write | undefined

  constructor(strongest: Survival) {
    this.#strongest = strongest
  }

  [Symbol.iterator](): Iterator<Write> {
    return this.#all[Symbol.iterator]()
  }

  get isEmpty(): boolean {
    return this.#all.size === 0
  }

  /** A write of the whole log is not shown yet. */
  get hasLogWide(): boolean {
    return this.#lastLogWide !== undefined
  }

  /**
   * A new write of this survival is shown in the order of the calls by itself. Only the strongest are, among themselves,
   * since they are flushed in that order: a weaker one may overtake, or go with a flush. One that is held back is shown
   * when others are, whatever the engine did with it.
   */
  isInTurn(survives: Survival): boolean {
    if (this.isEmpty) return true
    return survives === this.#strongest && this.#held === 0 && this.#all.size === this.#by[survives]
  }

  add(write: Write): void {
    this.#last = write
    this.#all.add(write)
    this.#newest.add(write)
    this.#by[write.survives]++
    if (write.isHeld) this.#held++
  }

  delete(write: Write): void {
    this.#all.delete(write)
    this.#newest.delete(write)
    this.#by[write.survives]--
    if (write.isHeld) this.#held--
    if (this.#lastLogWide === write) this.#lastLogWide = undefined
  }

  /** It is one of the whole log: everything that is judged next is ordered against it. */
  markLogWide(write: Write): void {
    this.#lastLogWide = write
    // One that others were added behind is shown with them, or before: who waits for it alone would not wait for those.
    if (this.#last !== write) return
    this.#newest.clear()
    this.#newest.add(write)
  }

  /**
   * Resolves when everything is shown that a write must not be shown before; `undefined` where that is so by itself. A
   * weaker one may overtake a stronger one, but not where it would be seen: in its own slot, or past a promise, a discard
   * or a batch.
   */
  mustBeShownBefore(
    survives: Survival,
    scope: Scope,
    writeOf: (slot: Slot) => Write | undefined,
  ): Promise<void> | undefined {
    if (this.isInTurn(survives)) return undefined
    const earlier = typeof scope === 'string' ? [...this.#newest] : [writeOf(scope), this.#lastLogWide]
    const shown = earlier.filter((write) => write?.shows === true) as Write[]
    return shown.length > 0 ? settled(shown) : undefined
  }
}

/** Resolves when all of these are shown, rejects when one has failed. */
function settled(writes: readonly Write[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = writes.length
    const one: WhenSettled = (failure) => {
      if (failure) reject(failure.cause)
      else if (--left === 0) resolve()
    }
    for (const write of writes) (write.waiting ??= []).push(one)
  })
}
