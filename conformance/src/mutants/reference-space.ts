import { PersistentLogError, raise, type Proposal } from '@persistent-log/core'
import type { ReferenceCore } from './reference-core.js'

/** Room for undecided entries: an accept that finds none waits until something is decided or dropped. */
export class ReferenceSpace {
  readonly core: ReferenceCore
  #freed: (() => void)[] = []

  constructor(core: ReferenceCore) {
    this.core = core
  }

  get waiting(): number {
    return this.#freed.length
  }

  /** Bytes that are accepted but undecided. */
  used(): number {
    let used = 0
    for (const { decided, value, proof } of this.core.model.state.slots.values()) {
      if (!decided) used += value.length + (proof?.length ?? 0)
    }
    return used
  }

  /** `undefined`: there is room now. Otherwise a wait, after which there is room or which rejects. */
  wait(
    proposals: readonly Proposal[],
    signal: AbortSignal | undefined,
    discardFrom = Infinity,
  ): Promise<void> | undefined {
    const capacity = this.core.capabilities.limits.uncommittedBytes
    if (capacity === undefined || this.#fits(proposals, discardFrom, capacity)) return undefined
    try {
      checkTotal(proposals, capacity)
    } catch (error) {
      return Promise.reject(error)
    }
    return this.#wait(() => this.#fits(proposals, discardFrom, capacity), capacity, signal)
  }

  /** Whether a proposal has room now, and nobody waits for it. */
  hasRoom(proposal: Proposal): boolean {
    const capacity = this.core.capabilities.limits.uncommittedBytes
    if (capacity === undefined || this.#fits([proposal], Infinity, capacity)) return this.waiting === 0
    checkTotal([proposal], capacity)
    return false
  }

  /** Something may have been freed. */
  wake(): void {
    const freed = this.#freed
    this.#freed = []
    for (const look of freed) look()
  }

  refuseWhenClosing(refuse: () => void): void {
    this.core.whenClosing.add(refuse)
  }

  #fits(proposals: readonly Proposal[], discardFrom: number, capacity: number): boolean {
    const { slots } = this.core.model.state
    let after = this.used()
    const sizeAt = (slot: number): number => {
      const held = slots.get(slot)
      return held && !held.decided ? held.value.length + (held.proof?.length ?? 0) : 0
    }
    const replaced = new Set(proposals.map(({ slot }) => slot))
    for (const slot of slots.keys()) if (slot >= discardFrom && !replaced.has(slot)) after -= sizeAt(slot)
    for (const { slot, value, proof } of proposals) {
      if (!slots.get(slot)?.decided) after += value.length + (proof?.length ?? 0) - sizeAt(slot)
    }
    return after <= capacity || after <= this.used()
  }

  #wait(fits: () => boolean, capacity: number, signal: AbortSignal | undefined): Promise<void> {
    return this.core.track(
      new Promise<void>((resolve, reject) => {
        const giveUp = (reason: Error): void => {
          leave()
          this.#freed = this.#freed.filter((one) => one !== look)
          reject(reason)
        }
        const leave = (): void => {
          clearTimeout(timer)
          this.core.whenClosing.delete(refuse)
        }
        const refuse = (): void => giveUp(raise.notOpen('accept'))
        this.refuseWhenClosing(refuse)
        const full = new PersistentLogError('PLOG_FULL', 'no space', { used: this.used(), capacity })
        const timer = setTimeout(() => giveUp(full), this.core.context.fullWaitMs)
        signal?.addEventListener('abort', () => giveUp(signal.reason as Error), { once: true })
        const look = (): void => {
          if (!fits()) return void this.#freed.push(look)
          leave()
          resolve()
        }
        this.#freed.push(look)
      }),
    )
  }
}

function checkTotal(proposals: readonly Proposal[], capacity: number): void {
  const total = proposals.reduce((sum, { value, proof }) => sum + value.length + (proof?.length ?? 0), 0)
  if (total > capacity) throw raise.tooLarge('uncommitted bytes', total, capacity)
}
