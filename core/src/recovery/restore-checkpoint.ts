import type { CheckpointInfo } from '../contract/checkpoint-store.js'
import type { PersistentLog } from '../contract/persistent-log.js'
import type { Slot, SlotRange } from '../contract/slot.js'
import { isPersistentLogError } from '../errors/persistent-log-error.js'
import { raise } from '../errors/raise.js'
import { standOf } from './check-arguments.js'
import type { StateMachine } from './state-machine.js'

/** Where the state stands before the replay. */
export interface Restored {
  readonly checkpoint?: CheckpointInfo | undefined
  readonly damaged: readonly CheckpointInfo[]
  /** The slot at which the replay starts. */
  readonly at: Slot
  /** What the machine holds beyond the end of the log. */
  readonly ahead?: SlotRange | undefined
}

interface Demand {
  /** Only states at or below this slot will do. */
  readonly upTo: Slot
  readonly signal: AbortSignal | undefined
}

/**
 * Brings the machine to the newest valid checkpoint that is ahead of it. A damaged one makes room for the next older;
 * one below the point is of no use, since the decisions behind it are gone, unless none of them is asked for. A machine
 * beyond what is asked for is not taken back: `RangeError`.
 */
export async function restoreCheckpoint(
  log: Pick<PersistentLog, 'firstSlot' | 'bounds' | 'checkpoints'>,
  machine: StateMachine,
  { upTo, signal }: Demand,
): Promise<Restored> {
  // Below the first slot there is nothing to apply: a new machine stands there.
  const standsAt = Math.max(standOf(machine), log.firstSlot)
  if (standsAt > Math.max(upTo, log.firstSlot)) {
    throw new RangeError(
      `options.range.to is ${upTo}; it must be at least ${standsAt}, where the state machine stands (appliedTo)`,
    )
  }
  const { compactedBefore, nextSlot } = log.bounds()
  const reaches = (slot: Slot): boolean => slot >= compactedBefore || slot >= upTo
  const damaged: CheckpointInfo[] = []
  const stored = await log.checkpoints.list({ signal })
  for (const listed of stored.toReversed()) {
    if (listed.slot > upTo) continue
    if (listed.slot <= standsAt || !reaches(listed.slot)) break
    const { damaged: isKnownDamaged, ...checkpoint } = listed
    if (!isKnownDamaged && (await restoreFrom(log, machine, checkpoint, signal))) {
      return { checkpoint, damaged, at: checkpoint.slot }
    }
    damaged.push(checkpoint)
  }
  const end = Math.max(nextSlot, stored.at(-1)?.slot ?? 0)
  const ahead = standsAt > end ? { from: end, to: standsAt } : undefined
  if (reaches(standsAt)) return { damaged, at: standsAt, ahead }
  throw nothingReaches(compactedBefore, standsAt, damaged)
}

function nothingReaches(point: Slot, standsAt: Slot, damaged: readonly CheckpointInfo[]): Error {
  const lost =
    damaged.length === 0 ? '' : `; damaged are those at ${damaged.map(({ slot }) => slot).join(', ')}`
  return raise.checkpointRequired(
    `the log starts at slot ${point} and no valid checkpoint holds what lies below${lost}; ` +
      `the state machine stands at ${standsAt} (appliedTo)`,
    { compactedBefore: point, value: standsAt },
  )
}

/** True when the machine took the whole state over; false when the checkpoint is damaged. */
async function restoreFrom(
  { checkpoints }: Pick<PersistentLog, 'checkpoints'>,
  machine: StateMachine,
  checkpoint: CheckpointInfo,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let isDamaged = false
  async function* content(): AsyncGenerator<Uint8Array> {
    try {
      yield* checkpoints.read(checkpoint.slot, { signal })
    } catch (error) {
      isDamaged = isPersistentLogError(error, 'PLOG_CORRUPTED')
      throw error
    }
  }
  try {
    await machine.restore(checkpoint, content())
  } catch (error) {
    // A layer that checks the state as a whole may find what no chunk showed.
    if (!isDamaged && !isPersistentLogError(error, 'PLOG_DIGEST_MISMATCH')) throw error
    return false
  }
  return !isDamaged
}
