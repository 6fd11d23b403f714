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

let piece = new ArrayBuffer(PIECE_BYTES)
let used = 0

/**
 * A copy that nobody else changes, in a piece of memory that it shares with others if it is short: memory of its own for
 * each would cost more than all else on the way of a write or a scan. Whoever keeps one of them keeps its piece, 16 KiB.
 */
export function copyPooled(bytes: Uint8Array): Uint8Array {
  const { length } = bytes
  if (length > SHARED_COPY_BYTES) return copyBytes(bytes)
  if (used + length > PIECE_BYTES) {
    piece = new ArrayBuffer(PIECE_BYTES)
    used = 0
  }
  const copy = new Uint8Array(piece, used, length)
  copy.set(bytes)
  used += length
  return copy
}

let lastBallot: Ballot = Object.freeze({ round: 0, nodeId: 0 })

/**
 * A ballot that nobody can change: what stands in the log is handed out as it is. A leader keeps its ballot for long, so that
 * one object serves for all that it proposes.
 */
export function copyBallot({ round, nodeId }: Ballot): Ballot {
  if (lastBallot.round === round && lastBallot.nodeId === nodeId) return lastBallot
  return (lastBallot = Object.freeze({ round, nodeId }))
}
