import type { PersistentLog } from '../contract/persistent-log.js'
import type { Decision } from '../contract/proposal.js'
import type { Slot } from '../contract/slot.js'
import { raise } from '../errors/raise.js'
import type { StateMachine } from './state-machine.js'

/** What to replay. */
export interface ReplayOptions {
  readonly from: Slot
  readonly to: Slot
  /** Every slot of the range is known to be decided: one that the scan leaves out is an error, never skipped. */
  readonly dense: boolean
  readonly signal: AbortSignal | undefined
  readonly batchLength: number | undefined
}

/** Applies the decisions of a range in slot order and returns how many those were. */
export async function replay(
  log: Pick<PersistentLog, 'decisions'>,
  machine: StateMachine,
  { from, to, dense, signal, batchLength }: ReplayOptions,
  onBatch: (replayed: number, at: Slot) => void,
): Promise<number> {
  let replayed = 0
  let expected = from
  if (from >= to) return replayed
  const scan = log.decisions({ from, to }, { signal, batchLength })
  for (let batch = await scan.nextBatch(); batch; batch = await scan.nextBatch()) {
    const decisions = batch.map(({ slot, ballot, value, proof }): Decision => ({
      slot,
      ballot,
      value,
      proof,
    }))
    for (const { slot } of decisions) {
      if (dense && slot !== expected) throw leftOut(expected)
      expected = slot + 1
    }
    signal?.throwIfAborted()
    await machine.apply(decisions)
    replayed += decisions.length
    onBatch(replayed, expected)
  }
  if (dense && expected !== to) throw leftOut(expected)
  return replayed
}

const leftOut = (slot: Slot) =>
  raise.corrupted(`slot ${slot} was decided, but the log did not return it`, {
    slot,
    slots: { from: slot, to: slot + 1 },
  })
