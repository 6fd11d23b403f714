/** Bytes that are under way in a pipe at most: a power of two. */
const CAPACITY_BYTES = 128 * 1024
/** Each counter on a cache line of its own. */
const HEADER_BYTES = 192
/** Words by index: bytes ever written and ever read, modulo 2^32, and whether the writer waits for room. */
const WRITTEN = 0
const READ = 16
const WAITS = 32
const LENGTH_BYTES = 4

/** Memory that one pipe takes. */
export const PIPE_BYTES = HEADER_BYTES + CAPACITY_BYTES

interface PipeMemory {
  readonly words: Int32Array<SharedArrayBuffer>
  readonly bytes: Uint8Array<SharedArrayBuffer>
}

const memoryOf = (memory: SharedArrayBuffer, offset: number): PipeMemory => ({
  words: new Int32Array(memory, offset, HEADER_BYTES / 4),
  bytes: new Uint8Array(memory, offset + HEADER_BYTES, CAPACITY_BYTES),
})

/**
 * The end of a pipe that is written to, by one thread: frames, each a length and so many bytes. What finds no room waits in
 * the memory of the writer. A writer that dies leaves at most the beginning of a frame, which never becomes one.
 */
export class PipeWriter {
  readonly #memory: PipeMemory
  readonly #queue: Uint8Array[] = []
  /** Bytes of the first in the queue that are in the pipe already. */
  #done = 0

  constructor(memory: SharedArrayBuffer, offset: number) {
    this.#memory = memoryOf(memory, offset)
  }

  /** Everything is in the pipe. */
  get isEmpty(): boolean {
    return this.#queue.length === 0
  }

  add(frame: Uint8Array): void {
    const length = new Uint8Array(LENGTH_BYTES)
    new DataView(length.buffer).setUint32(0, frame.byteLength, true)
    this.#queue.push(length, frame)
  }

  /** Moves what there is room for; true when the reader has something to look at. */
  pump(): boolean {
    const { words } = this.#memory
    let moved = this.#move()
    if (this.isEmpty) return moved
    // Said before the counter is looked at again: a reader that has made room since is not missed.
    Atomics.store(words, WAITS, 1)
    if (this.#move()) moved = true
    return moved
  }

  /** Forgets what did not fit. */
  drop(): void {
    this.#queue.length = 0
    this.#done = 0
  }

  #move(): boolean {
    const { words, bytes } = this.#memory
    const before = words[WRITTEN]! >>> 0
    let room = CAPACITY_BYTES - ((before - Atomics.load(words, READ)) >>> 0)
    let written = before
    for (let next = this.#queue[0]; next && room > 0; next = this.#queue[0]) {
      const at = written & (CAPACITY_BYTES - 1)
      const count = Math.min(next.byteLength - this.#done, room, CAPACITY_BYTES - at)
      bytes.set(next.subarray(this.#done, this.#done + count), at)
      written = (written + count) >>> 0
      room -= count
      this.#done += count
      if (this.#done < next.byteLength) continue
      this.#queue.shift()
      this.#done = 0
    }
    // Release here, acquire in `take`: who sees the counter sees the bytes.
    if (written !== before) Atomics.store(words, WRITTEN, written | 0)
    return written !== before
  }
}

/** The end of a pipe that is read, by one thread. */
export class PipeReader {
  readonly #memory: PipeMemory
  #length = new Uint8Array(LENGTH_BYTES)
  /** The frame that is being put together, once its length is known. */
  #frame: Uint8Array | undefined
  #done = 0

  constructor(memory: SharedArrayBuffer, offset: number) {
    this.#memory = memoryOf(memory, offset)
  }

  /** The frames that are whole by now; `hasRoom` when their writer waits for what they took. */
  take(): { readonly frames: readonly Uint8Array[]; readonly hasRoom: boolean } {
    const { words, bytes } = this.#memory
    const frames: Uint8Array[] = []
    const written = Atomics.load(words, WRITTEN) >>> 0
    let read = words[READ]! >>> 0
    while (read !== written) {
      const at = read & (CAPACITY_BYTES - 1)
      const there = Math.min((written - read) >>> 0, CAPACITY_BYTES - at)
      const used = this.#put(bytes.subarray(at, at + there), frames)
      read = (read + used) >>> 0
    }
    Atomics.store(words, READ, read | 0)
    return { frames, hasRoom: Atomics.exchange(words, WAITS, 0) === 1 }
  }

  /** Whoever wrote is gone: a frame that is not whole is none, and the pipe is empty for the next one. */
  reset(): void {
    const { words } = this.#memory
    for (const word of [WRITTEN, READ, WAITS]) Atomics.store(words, word, 0)
    this.#frame = undefined
    this.#done = 0
  }

  /** Takes what belongs to one part of a frame; returns how much. */
  #put(piece: Uint8Array, frames: Uint8Array[]): number {
    const target = this.#frame ?? this.#length
    const count = Math.min(piece.byteLength, target.byteLength - this.#done)
    target.set(piece.subarray(0, count), this.#done)
    this.#done += count
    if (this.#done < target.byteLength) return count
    this.#done = 0
    if (this.#frame) {
      frames.push(this.#frame)
      this.#frame = undefined
    } else {
      this.#frame = new Uint8Array(new DataView(this.#length.buffer).getUint32(0, true))
    }
    return count
  }
}
