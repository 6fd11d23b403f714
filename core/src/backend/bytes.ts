import { markAsUntransferable } from 'node:worker_threads'
import type { Ballot } from '../contract/ballot.js'

/** True when both hold the same bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0
}

/** A copy that nobody else holds. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.length)
  copy.set(bytes)
  return copy
}

/** Copies of up to this length share a piece of memory; longer ones have one of their own. */
const SHARED_COPY_BYTES = 2048
const PIECE_BYTES = 16 * 1024

/**
 * Copies that share pieces of memory if they are short: memory of its own for each would cost more than all else on the way
 * of a write or a scan. Whoever keeps one of them keeps its piece, 16 KiB.
 */
class CopyPool {
  #piece = new ArrayBuffer(0)
  #used = 0

  copy(bytes: Uint8Array): Uint8Array {
    const { length } = bytes
    if (length > SHARED_COPY_BYTES) return copyBytes(bytes)
    // Whoever has one may have taken the memory away with it, to another thread or into a stream.
    if (this.#used + length > this.#piece.byteLength) {
      this.#piece = new ArrayBuffer(PIECE_BYTES)
      markAsUntransferable(this.#piece)
      this.#used = 0
    }
    const copy = new Uint8Array(this.#piece, this.#used, length)
    copy.set(bytes)
    this.#used += length
    return copy
  }
}

const toKeep = new CopyPool()
const toHandOut = new CopyPool()

/** A copy for the log itself, in memory that nobody outside has a view of: see {@link CopyPool}. */
export const copyToKeep = (bytes: Uint8Array): Uint8Array => toKeep.copy(bytes)

/** A copy that a caller may change, and that shares its memory with nothing that the log keeps: see {@link CopyPool}. */
export const copyToHandOut = (bytes: Uint8Array): Uint8Array => toHandOut.copy(bytes)

let lastBallot: Ballot = Object.freeze({ round: 0, nodeId: 0 })

/**
 * A ballot that nobody can change: what stands in the log is handed out as it is. A leader keeps its ballot for long, so that
 * one object serves for all that it proposes.
 */
export function copyBallot({ round, nodeId }: Ballot): Ballot {
  if (lastBallot.round === round && lastBallot.nodeId === nodeId) return lastBallot
  return (lastBallot = Object.freeze({ round, nodeId }))
}
