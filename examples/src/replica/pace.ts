/** How the replica's life is divided, in slots. All of it follows from the number of commands. */
export interface Pace {
  /** Commands under way at the same time: enough for a group commit to be worth its flush. */
  readonly inFlight: number
  /** Commands whose order is shuffled together. */
  readonly block: number
  /** Blocks from one election to the next. */
  readonly blocksPerElection: number
  /** Slots from one checkpoint to the next. */
  readonly checkpointEvery: number
  /** Slots below a checkpoint that compaction leaves, for followers that lag. */
  readonly retain: number
  /** Acknowledgements that the client may not have noted yet. */
  readonly unnoted: number
}

const MAX_IN_FLIGHT = 1_000
const MAX_BLOCK = 256
const MAX_CHECKPOINT_EVERY = 10_000

const clamp = (value: number, least: number, most: number): number =>
  Math.max(least, Math.min(most, Math.ceil(value)))

/** The pace for a number of commands: a short input has all that a long one has, in smaller pieces. */
export function paceFor(commands: number): Pace {
  const inFlight = clamp(commands / 20, 1, MAX_IN_FLIGHT)
  const checkpointEvery = clamp(commands / 12, 1, MAX_CHECKPOINT_EVERY)
  return {
    inFlight,
    block: clamp(commands / 50, 1, MAX_BLOCK),
    blocksPerElection: 8,
    checkpointEvery,
    retain: Math.floor(checkpointEvery / 2),
    unnoted: 6 * inFlight,
  }
}
