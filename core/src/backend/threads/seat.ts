import { PIPE_BYTES, PipeReader, PipeWriter } from './pipe.js'
import type { Bell } from './parking.js'

const HEADER_BYTES = 256
/** Words by index, each on a cache line of its own. */
const STATE = 0
const PIN = 16
const BELL = 32

const FREE = 0
const TAKEN = 1
/** Its thread has left; the owner tidies up. */
const LEFT = 2

/**
 * The place of one attached thread in memory that it shares with the owner:
 * ```
 *   0 i32 state: free, taken, left   64 i32 pinned   128 i32 bell of the thread   256 calls (a pipe)   answers (a pipe)
 * ```
 */
export class Seat {
  readonly memory: SharedArrayBuffer
  /** Rung when there is an answer, or room for a call. */
  readonly bell: Bell
  readonly #words: Int32Array<SharedArrayBuffer>

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(HEADER_BYTES + 2 * PIPE_BYTES)) {
    this.memory = memory
    this.#words = new Int32Array(memory, 0, HEADER_BYTES / 4)
    this.bell = { words: this.#words, at: BELL }
  }

  /** True when the seat is the caller's from here on. */
  take(): boolean {
    return Atomics.compareExchange(this.#words, STATE, FREE, TAKEN) === FREE
  }

  leave(): void {
    this.unpin()
    Atomics.store(this.#words, STATE, LEFT)
  }

  get isLeft(): boolean {
    return Atomics.load(this.#words, STATE) === LEFT
  }

  /** Nothing is under way in its pipes. */
  free(): void {
    Atomics.store(this.#words, STATE, FREE)
  }

  /**
   * What its thread looks at from here on is neither given back nor used again by the owner, who asks `isPinned` after he
   * said what is gone. A thread pins before it looks at what is gone: so one of the two sees the other.
   */
  pin(): void {
    Atomics.store(this.#words, PIN, 1)
  }

  unpin(): void {
    Atomics.store(this.#words, PIN, 0)
  }

  get isPinned(): boolean {
    return Atomics.load(this.#words, PIN) !== 0
  }

  /** The two ends that the owner holds. */
  ownerEnds(): { readonly calls: PipeReader; readonly answers: PipeWriter } {
    return {
      calls: new PipeReader(this.memory, HEADER_BYTES),
      answers: new PipeWriter(this.memory, HEADER_BYTES + PIPE_BYTES),
    }
  }

  /** The two that the thread holds. */
  threadEnds(): { readonly calls: PipeWriter; readonly answers: PipeReader } {
    return {
      calls: new PipeWriter(this.memory, HEADER_BYTES),
      answers: new PipeReader(this.memory, HEADER_BYTES + PIPE_BYTES),
    }
  }
}
