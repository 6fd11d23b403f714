import type { Ballot } from '@persistent-log/core'
import type { Acknowledgement, Acknowledgements, ShownCheckpoint } from './protocol.js'

/** A ballot as one number that sorts like it; 0 is none. Node ids here are below 4. */
const NODE_IDS = 4
export const rank = ({ round, nodeId }: Ballot): number => round * NODE_IDS + nodeId

/**
 * What the log has acknowledged, kept by the client: outside the process that is killed, so that no crash of it can
 * rewrite the past.
 */
export class AcknowledgementRecord {
  readonly #accepted: Float64Array
  readonly #committed: Float64Array
  #promised = 0
  #accepts = 0
  #commits = 0
  #newestCheckpoint: ShownCheckpoint | undefined
  #compactedBefore = 0

  constructor(commands: number) {
    this.#accepted = new Float64Array(commands)
    this.#committed = new Float64Array(commands)
  }

  note(calls: Acknowledgements): void {
    for (const call of calls.accepts) raise(this.#accepted, call)
    for (const call of calls.commits) raise(this.#committed, call)
    for (const ballot of calls.promises) this.#promised = Math.max(this.#promised, rank(ballot))
    for (const checkpoint of calls.checkpoints) this.#newestCheckpoint = checkpoint
    for (const point of calls.compactions) this.#compactedBefore = Math.max(this.#compactedBefore, point)
    this.#accepts += calls.accepts.length
    this.#commits += calls.commits.length
  }

  /** Acknowledged calls. */
  get accepts(): number {
    return this.#accepts
  }

  get commits(): number {
    return this.#commits
  }

  /** The highest promise, as a rank. */
  get promised(): number {
    return this.#promised
  }

  get newestCheckpoint(): ShownCheckpoint | undefined {
    return this.#newestCheckpoint
  }

  get compactedBefore(): number {
    return this.#compactedBefore
  }

  /** The rank of the highest ballot acknowledged as accepted in a slot; 0 when there is none. */
  accepted(slot: number): number {
    return this.#accepted[slot] ?? 0
  }

  /** The rank of the ballot acknowledged as decided in a slot; 0 when there is none. */
  committed(slot: number): number {
    return this.#committed[slot] ?? 0
  }
}

function raise(ranks: Float64Array, { slot, ballot }: Acknowledgement): void {
  ranks[slot] = Math.max(ranks[slot] ?? 0, rank(ballot))
}
