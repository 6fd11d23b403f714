import { copyBytes } from '../../backend/bytes.js'
import type { Ballot } from '../../contract/ballot.js'
import type { PersistentLog } from '../../contract/persistent-log.js'
import type { Proposal } from '../../contract/proposal.js'
import type { Slot } from '../../contract/slot.js'
import { isPersistentLogError } from '../../errors/persistent-log-error.js'
import type { Codec } from './codec.js'
import { encodeWith, meansTheSame, seal } from './sealed-value.js'

/** What a caller hands in: a typed proposal or decision. */
export interface ValueInSlot<D> {
  readonly slot: Slot
  readonly ballot: Ballot
  readonly value: D
  readonly proof?: Uint8Array | undefined
}

/** An item with its encoded value; everything in it is ours. */
export interface EncodedItem {
  readonly slot: Slot
  readonly ballot: Ballot
  readonly value: Uint8Array
  readonly proof: Uint8Array | undefined
}

/**
 * Encodes an item and copies all of it, the encoded bytes too: a codec may return the caller's own array or one that it
 * uses again, and the call may have to be compared and repeated after it returned.
 */
export function encodeItem<D>(codec: Codec<D>, { slot, ballot, value, proof }: ValueInSlot<D>): EncodedItem {
  const encoded = copyBytes(encodeWith(codec, value, 'decision'))
  return { slot, ballot: { ...ballot }, value: encoded, proof: proof && copyBytes(proof) }
}

/**
 * Writes encoded items. The log below knows a value by its bytes, so a value that was stored in another encoding (an older
 * codec) looks to it like another value. Where it says so, the stored value is decoded and compared: when it is the same,
 * the call is repeated with the stored bytes, and the log judges it as what it is, an honest retry.
 */
export async function writeValues<D>(
  log: PersistentLog,
  codec: Codec<D>,
  items: readonly EncodedItem[],
  call: (proposals: readonly Proposal[]) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  let proposals: readonly Proposal[] = items.map((item) => ({ ...item, value: seal(item.value) }))
  const repaired = new Set<number>()
  for (;;) {
    try {
      return await call(proposals)
    } catch (error) {
      const index = conflictingItem(error, items.length)
      const item = index === undefined ? undefined : items[index]
      if (index === undefined || !item || repaired.has(index)) throw error
      const stored = await storedBytes(log, codec, item, signal)
      if (!stored) throw error
      repaired.add(index)
      proposals = proposals.with(index, { ...item, value: stored })
    }
  }
}

/** The place of the item whose value was refused as another one. */
function conflictingItem(error: unknown, count: number): number | undefined {
  const isConflict =
    isPersistentLogError(error, 'PLOG_ALREADY_COMMITTED') || isPersistentLogError(error, 'PLOG_BALLOT_REUSED')
  if (!isConflict) return undefined
  return error.context.index ?? (count === 1 ? 0 : undefined)
}

/** What the slot holds, if that is the item's value in other bytes. */
async function storedBytes<D>(
  log: PersistentLog,
  codec: Codec<D>,
  { slot, value }: EncodedItem,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  // The refusal may rest on a write that is not shown yet.
  await log.flush({ signal })
  const stored = (await log.readAccepted(slot, { signal })) ?? (await log.read(slot, { signal }))
  if (!stored) return undefined
  try {
    return meansTheSame(codec, stored.value, value, `slot ${slot}`, slot) ? stored.value : undefined
  } catch (error) {
    // Bytes that did not come through this layer are another value.
    if (isPersistentLogError(error, 'PLOG_DIGEST_MISMATCH')) return undefined
    throw error
  }
}
