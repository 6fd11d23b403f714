import type { Slot } from '../../contract/slot.js'
import type { SharedBounds } from '../../contract/threads.js'
import { raise } from '../../errors/raise.js'
import { heard, ring, rungOrAborted, type Bell } from './parking.js'

const BYTES = 256
/** Words by index, each on a cache line of its own. */
const STATE = 0
const SIGNAL = 16
const OWNER = 32
/** Numbers by index: the three bounds, on one line. */
const POINT = 24
const CONTIGUOUS_TO = 25
const DECIDED_TO = 26

const CLOSED = 1

/**
 * How far a log has come, in memory that its threads share:
 * ```
 *   0 i32 state (1 closed)   64 i32 signal   128 i32 bell of the owner   192 f64 point   200 f64 contiguous to   208 f64 decided to
 * ```
 * Each number only grows. The signal is rung after they are stored; whoever has seen it sees them.
 */
export class SharedProgress {
  readonly memory: SharedArrayBuffer
  /** Rung when a thread has something for the owner. */
  readonly ownerBell: Bell
  readonly #words: Int32Array<SharedArrayBuffer>
  readonly #numbers: Float64Array<SharedArrayBuffer>
  readonly #signal: Bell

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(BYTES)) {
    this.memory = memory
    this.#words = new Int32Array(memory)
    this.#numbers = new Float64Array(memory)
    this.ownerBell = { words: this.#words, at: OWNER }
    this.#signal = { words: this.#words, at: SIGNAL }
  }

  get isClosed(): boolean {
    return Atomics.load(this.#words, STATE) === CLOSED
  }

  get point(): Slot {
    return this.#numbers[POINT]!
  }

  get contiguousTo(): Slot {
    return this.#numbers[CONTIGUOUS_TO]!
  }

  get decidedTo(): Slot {
    return this.#numbers[DECIDED_TO]!
  }

  bounds(): SharedBounds {
    // An acquire, whose partner is the ring in `publish`.
    heard(this.#signal)
    const { point, contiguousTo, decidedTo } = this
    return { compactedBefore: point, contiguousTo, decidedTo: Math.max(decidedTo, point) }
  }

  /** By the owner; what is published may be read. */
  publish({ compactedBefore, contiguousTo, decidedTo }: SharedBounds): void {
    const numbers = this.#numbers
    numbers[POINT] = compactedBefore
    numbers[DECIDED_TO] = decidedTo
    numbers[CONTIGUOUS_TO] = contiguousTo
    ring(this.#signal)
  }

  /** By the owner: nothing is answered any more. */
  close(): void {
    Atomics.store(this.#words, STATE, CLOSED)
    ring(this.#signal)
  }

  /** Everybody who waits looks again. */
  wake(): void {
    ring(this.#signal)
  }

  /** Resolves when the slots from the point up to this one are decided; `checkOpen` throws when nothing comes any more. */
  async waitFor(slot: Slot, signal: AbortSignal | undefined, checkOpen: () => void): Promise<void> {
    for (;;) {
      const seen = heard(this.#signal)
      checkOpen()
      if (slot < this.point) throw raise.compacted(slot, this.point)
      if (this.contiguousTo > slot) return
      await rungOrAborted(this.#signal, seen, signal)
    }
  }
}
