import type { Ballot } from '../../contract/ballot.js'
import type { Slot } from '../../contract/slot.js'
import { blockBallot } from './block-record.js'

/** Room of one block: more than the longest one has. */
const ROOM_BYTES = 2_048

/** Together 1 MiB, whose pages the system gives when they are first written to. */
const ROOM_BITS = 9
const ROOMS = 2 ** ROOM_BITS

/** Spreads the first slots of blocks over the rooms, however long blocks are: 2^32 by the golden ratio (Knuth, volume 3, 6.4). */
const FIBONACCI = 0x9e3779b1

/**
 * Blocks that were read, so that their other slots cost no call of the engine: a block has one room where it may stand, and
 * drives out what stands there. Each was verified before it came; nothing in a block is ever changed.
 */
export class BlockCache {
  readonly #firsts = new Float64Array(ROOMS).fill(-1)
  /** Looked at when it is first asked for: who wants the value alone does without. */
  readonly #ballots: (Ballot | undefined)[] = []
  #bytes: Uint8Array = new Uint8Array()

  /** Of all rooms. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** Where the block that begins at this slot stands in `bytes`; -1 when it does not. */
  find(first: Slot): number {
    const room = roomOf(first)
    return this.#firsts[room] === first ? room * ROOM_BYTES : -1
  }

  /** The ballot of the block that stands there. */
  ballotAt(at: number): Ballot {
    return (this.#ballots[at / ROOM_BYTES] ??= Object.freeze(blockBallot(this.#bytes, at)))
  }

  /** Copies a block in; returns where it stands. */
  put(first: Slot, record: Uint8Array): number {
    // By its own words: an engine may hand out an array that is longer than the record.
    const bytes = new Uint8Array(record.buffer, record.byteOffset, record.length)
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(ROOMS * ROOM_BYTES)
    const room = roomOf(first)
    this.#bytes.set(bytes, room * ROOM_BYTES)
    this.#firsts[room] = first
    this.#ballots[room] = undefined
    return room * ROOM_BYTES
  }

  /** Its next read asks the engine. */
  delete(first: Slot): void {
    const room = roomOf(first)
    if (this.#firsts[room] === first) this.#firsts[room] = -1
  }
}

const roomOf = (first: Slot): number => Math.imul(first, FIBONACCI) >>> (32 - ROOM_BITS)
