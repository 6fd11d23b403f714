import type { Ballot } from '../contract/ballot.js'

/** True when both hold the same bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && Buffer.compare(a, b) === 0
}

/** A copy that nobody else holds. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.byteLength)
  copy.set(bytes)
  return copy
}

/** A ballot that nobody can change: what stands in the log is handed out as it is. */
export function copyBallot({ round, nodeId }: Ballot): Ballot {
  return Object.freeze({ round, nodeId })
}
