import type { Command } from './data-set.js'
import type { Pace } from './pace.js'
import { Random } from './random.js'

/** What is to be done for one command. */
export interface Step {
  readonly command: Command
  /** A rival gets another value accepted in the slot first. */
  readonly contested: boolean
  /** The messages for this slot were lost: the decision is learned later, from elsewhere. */
  readonly late: boolean
}

/** A stretch of steps in the order in which they are to be started. */
export interface Block {
  readonly index: number
  readonly hasElection: boolean
  readonly steps: readonly Step[]
}

const LATE_SHARE = 1 / 32
const CONTESTED_SHARE = 1 / 4

/**
 * Deals the commands out as a network would: out of order within a block, with gaps that are filled one block later, and
 * with slots that a rival contests where there is an election.
 */
export async function* schedule(
  commands: AsyncIterable<Command>,
  seed: number,
  pace: Pace,
): AsyncGenerator<Block> {
  const random = new Random(seed)
  let late: Step[] = []
  let pending: Command[] = []
  let index = 0

  const nextBlock = (isLast: boolean): Block => {
    const hasElection = index % pace.blocksPerElection === 0
    const steps = pending.map((command): Step => {
      const isLate = !isLast && random.fraction() < LATE_SHARE
      const contested = !isLate && hasElection && random.fraction() < CONTESTED_SHARE
      return { command, contested, late: isLate }
    })
    const block = [...random.shuffle(steps.filter((step) => !step.late)), ...late]
    late = steps.filter((step) => step.late)
    pending = []
    return { index: index++, hasElection, steps: block }
  }

  for await (const command of commands) {
    // A full block is dealt out when the next command shows that it is not the last one.
    if (pending.length >= pace.block) yield nextBlock(false)
    pending.push(command)
  }
  if (pending.length > 0) yield nextBlock(true)
}
