import type { PersistentLog, Proposal } from '@persistent-log/core'

/** Short items take less than this, with all that an engine counts, in bytes. */
const SHORT_BYTES = 64

/** So many short items are the most that one batch of a log takes, up to `wanted`. */
export function mostShortItems({ capabilities: { limits } }: PersistentLog, wanted: number): number {
  return Math.min(wanted, limits.batchSlots, Math.floor(limits.batchBytes / SHORT_BYTES))
}

/** Hands short items over in as few batches as the log allows. */
export async function inBatches(
  log: PersistentLog,
  items: readonly Proposal[],
  write: (batch: readonly Proposal[]) => Promise<void>,
): Promise<void> {
  const size = mostShortItems(log, items.length)
  for (let from = 0; from < items.length; from += size) await write(items.slice(from, from + size))
}

/** Learns short values, in as few batches as the log allows. */
export function learnMany(log: PersistentLog, decisions: readonly Proposal[]): Promise<void> {
  return inBatches(log, decisions, (batch) => log.learnAll(batch))
}
