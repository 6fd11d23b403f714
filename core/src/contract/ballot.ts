/**
 * The number of a proposal, ordered by `round` first, then by `nodeId` (Lamport, "Paxos Made Simple", 2001).
 * A Raft term is the round of a ballot. Both parts are safe integers from 0 on.
 */
export interface Ballot {
  readonly round: number
  readonly nodeId: number
}

/** Negative when `a` is lower than `b`, 0 when they are equal, positive when `a` is higher. */
export function compareBallots(a: Ballot, b: Ballot): number {
  return a.round !== b.round ? a.round - b.round : a.nodeId - b.nodeId
}
