import type { Ballot } from '@persistent-log/core'

/** Two proposers compete; in the same round the leader outbids the rival. */
export const RIVAL_NODE = 1
export const LEADER_NODE = 2

/** The rival's ballot of a round. */
export const rivalBallot = (round: number): Ballot => ({ round, nodeId: RIVAL_NODE })

/** The leader's ballot of a round. */
export const leaderBallot = (round: number): Ballot => ({ round, nodeId: LEADER_NODE })

/** What the rival proposes for a slot: never what the input holds, and the same bytes each time. */
export const rivalValue = (slot: number): Uint8Array => Buffer.from(`the rival's value for slot ${slot}`)
