import { performance } from 'node:perf_hooks'
import type { CallOptions } from '../contract/decision-log.js'
import type { PersistentLog } from '../contract/persistent-log.js'
import { MAX_SLOT, type OpenSlotRange, type Slot } from '../contract/slot.js'
import { isPersistentLogError } from '../errors/persistent-log-error.js'
import { raise } from '../errors/raise.js'
import { checkArguments } from './check-arguments.js'
import { replay, type ReplayOptions } from './replay.js'
import type { RecoveryProgress, StateRecoveryReport } from './report.js'
import { restoreCheckpoint, type Restored } from './restore-checkpoint.js'
import type { StateMachine } from './state-machine.js'

/** Options of {@link recover}. */
export interface RecoverOptions extends CallOptions {
  /**
   * Only a part. `to`: the state as of that slot, from the newest valid checkpoint at or below it; one at that very slot
   * serves below the point too. A machine that stands beyond it (`appliedTo`) is a `RangeError`: nothing is taken back.
   * `from`: the machine holds everything below it already; no checkpoint is used, and one below the point is
   * `PLOG_COMPACTED`.
   */
  readonly range?: OpenSlotRange | undefined
  /**
   * At an undecided slot: `stop` (default), since what follows must not be applied before it; or `skip` it, for state
   * machines whose decisions do not depend on each other. A damaged slot is never skipped: `PLOG_CORRUPTED`.
   */
  readonly gaps?: 'stop' | 'skip' | undefined
  /** Called after the restore and after every batch. */
  readonly onProgress?: ((progress: RecoveryProgress) => void) | undefined
  /** Most decisions that `apply` gets at once, 1 to 65,536. Default 256. */
  readonly batchLength?: number | undefined
}

/** The parts of a log that recovery reads. */
export type RecoverableLog = Pick<
  PersistentLog,
  'firstSlot' | 'bounds' | 'checkpoints' | 'decisions' | 'gaps' | 'read'
>

/**
 * Brings a state machine up to date: the newest valid checkpoint, then only the decisions that follow it, in slot order,
 * up to the first undecided slot. The upper end is fixed at the call. It can be repeated at any time: a machine with
 * `appliedTo` goes on from where it stands, also after a failure in the middle.
 *
 * A damaged checkpoint makes room for the next older one; when none at or above the point is left, the state cannot be
 * had from this log: `PLOG_CHECKPOINT_REQUIRED`, and another replica has to ship one (`checkpoints.install`).
 *
 * A machine may hold more than the log: one that keeps its state longer than commits below power-loss survive, or one of
 * another log. Nothing is applied to it then, and the report says what is `ahead`.
 */
export async function recover(
  log: RecoverableLog,
  machine: StateMachine,
  options: RecoverOptions = {},
): Promise<StateRecoveryReport> {
  const startedMs = performance.now()
  checkArguments(log, machine, options)
  const { range = {}, gaps = 'stop', signal, onProgress, batchLength } = options
  signal?.throwIfAborted()

  const { from: explicitFrom, to: upTo = MAX_SLOT + 1 } = range
  const restored: Restored =
    explicitFrom === undefined
      ? await restoreCheckpoint(log, machine, { upTo, signal })
      : { damaged: [], at: explicitFrom }
  const from = restored.at
  const { compactedBefore, nextSlot } = log.bounds()
  const last = Math.min(upTo, nextSlot)
  // A checkpoint at the very end is all that is asked for, wherever the log begins.
  const isDone = from >= last && explicitFrom === undefined
  if (from < compactedBefore && !isDone) throw raise.compacted(from, compactedBefore)

  const to = gaps === 'skip' ? last : await firstUndecided(log, from, last, signal)
  const work: ReplayOptions = { from, to, dense: gaps === 'stop', signal, batchLength }
  const progress = (replayed: number, at: Slot): void =>
    onProgress?.({ checkpoint: restored.checkpoint, replayed, at, to: Math.max(from, to) })
  progress(0, from)
  const replayed = await replay(log, machine, work, progress)

  const end = Math.max(from, to)
  return {
    checkpoint: restored.checkpoint,
    damagedCheckpoints: restored.damaged,
    ahead: restored.ahead,
    replayed,
    skipped: end - from - replayed,
    from,
    to: end,
    stoppedBy: end < last ? await reasonToStop(log, end, signal) : undefined,
    tookMs: performance.now() - startedMs,
  }
}

/** The first slot in `[from, last)` that is not decided; `last` when all are. */
async function firstUndecided(
  log: RecoverableLog,
  from: Slot,
  last: Slot,
  signal: AbortSignal | undefined,
): Promise<Slot> {
  if (from >= last) return last
  const { contiguousTo } = log.bounds()
  if (from < contiguousTo) return Math.min(contiguousTo, last)
  // A checkpoint across gaps, or a partial recovery, starts behind an undecided slot.
  for await (const gap of log.gaps({ from, to: last }, { signal })) return gap.from
  return last
}

async function reasonToStop(
  log: RecoverableLog,
  slot: Slot,
  signal: AbortSignal | undefined,
): Promise<'gap' | 'damage'> {
  try {
    await log.read(slot, { signal })
    return 'gap'
  } catch (error) {
    if (isPersistentLogError(error, 'PLOG_CORRUPTED')) return 'damage'
    throw error
  }
}
