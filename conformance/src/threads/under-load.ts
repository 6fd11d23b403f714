import { setImmediate as nextTurn } from 'node:timers/promises'
import { isPersistentLogError, type AttachedLog } from '@persistent-log/core'

/** What a thread that looks on has seen. */
export interface LoadSeen {
  /** Values that were right. */
  readonly values: number
  /** Reads that were refused because their slot is gone. */
  readonly compacted: number
  /** What must not be. */
  readonly wrong: readonly string[]
}

/** So many wrong reads are enough. */
const MOST_WRONG = 5

/** Reads between two turns in which the thread hears that it may stop. */
const READS_PER_TURN = 16

/** The value that a proposal under load has: it tells its slot and its round, and is as long as its slot wants it. */
export function loadValue(slot: number, round: number): Uint8Array {
  const length = 20 + ((slot * 7_919) % 6_000) * round
  const word = `${slot}.${round};`
  return Buffer.from(word.repeat(Math.ceil(length / word.length)).slice(0, length))
}

/** A thread that reads decisions in every way that it has, and compares each value with what it must be. */
export class LoadReader {
  readonly #log: AttachedLog
  readonly #decided = new Map<number, number>()
  readonly #wrong: string[] = []
  #values = 0
  #compacted = 0
  #isStopped = false

  constructor(log: AttachedLog) {
    this.#log = log
  }

  stop(): void {
    this.#isStopped = true
  }

  /** Reads until it is stopped, around the end of what is decided and around the point. */
  async read(): Promise<LoadSeen> {
    for (let look = 0; !this.#isStopped && this.#wrong.length < MOST_WRONG; look++) {
      const { compactedBefore, decidedTo } = this.#log.bounds()
      const slot = look % 3 === 0 ? compactedBefore + (look % 7) - 3 : decidedTo - 1 - (look % 23)
      await this.#look(Math.max(0, slot), look % 4)
      if (look % READS_PER_TURN === 0) await nextTurn()
    }
    return this.seen()
  }

  /** By now. */
  seen(): LoadSeen {
    return { values: this.#values, compacted: this.#compacted, wrong: this.#wrong }
  }

  async #look(slot: number, way: number): Promise<void> {
    try {
      const value = await this.#valueOf(slot, way)
      if (value === undefined) this.#absent(slot)
      else this.#check(slot, value)
    } catch (error) {
      // A slot that is refused as compacted is below the point, at the latest now.
      const isGone =
        isPersistentLogError(error, 'PLOG_COMPACTED') && slot < this.#log.bounds().compactedBefore
      if (isGone) this.#compacted++
      else this.#wrong.push(`slot ${slot}: ${String(error)}`)
    }
  }

  /** `undefined` where the slot is undecided. */
  async #valueOf(slot: number, way: number): Promise<Uint8Array | undefined> {
    const { syncReads, borrowedReads } = this.#log
    if (way === 1 && syncReads) return syncReads.read(slot)?.value
    if (way === 2 && borrowedReads) return borrowedReads.read(slot, (value) => Uint8Array.from(value))
    if (way !== 3) return (await this.#log.read(slot))?.value
    for await (const { value } of this.#log.decisions({ from: slot, to: slot + 1 })) return value
    return undefined
  }

  #absent(slot: number): void {
    if (this.#decided.has(slot)) this.#wrong.push(`slot ${slot} was decided, and is absent`)
  }

  #check(slot: number, value: Uint8Array): void {
    const round = Number(/^\d+\.(\d+);/.exec(Buffer.from(value.subarray(0, 40)).toString())?.[1] ?? 0)
    if (round === 0 || Buffer.compare(value, loadValue(slot, round)) !== 0) {
      const shown = Buffer.from(value.subarray(0, 30)).toString()
      this.#wrong.push(`slot ${slot} shows ${value.length} bytes: ${shown}`)
    } else if ((this.#decided.get(slot) ?? round) !== round) {
      this.#wrong.push(`slot ${slot} was decided in round ${this.#decided.get(slot)}, and shows ${round}`)
    }
    this.#decided.set(slot, round)
    this.#values++
  }
}
