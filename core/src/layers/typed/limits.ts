import type { Capabilities, Limits } from '../../contract/capabilities.js'
import { raise } from '../../errors/raise.js'
import { DIGEST_BYTES } from './sealed-value.js'

/** Digests may take at most this part of a batch: so many bytes of a batch go with each of its slots. */
const BATCH_BYTES_PER_SLOT = 2 * DIGEST_BYTES

/**
 * The limits of the layer in the caller's bytes. Whatever keeps within them fits the log below with all its digests, so
 * that exactly the limit works; where very many tiny values would not fit, the layer offers fewer slots in a batch.
 */
function limitsAbove(below: Limits): Limits {
  const batchSlots = Math.max(
    1,
    Math.min(below.batchSlots, Math.floor(below.batchBytes / BATCH_BYTES_PER_SLOT)),
  )
  const limits = {
    valueBytes: below.valueBytes - DIGEST_BYTES,
    batchSlots,
    batchBytes: below.batchBytes - batchSlots * DIGEST_BYTES,
    uncommittedBytes:
      below.uncommittedBytes === undefined ? undefined : below.uncommittedBytes - DIGEST_BYTES,
  }
  for (const [field, bytes] of Object.entries(limits)) {
    if (bytes === undefined || bytes >= 0) continue
    const reason = `the limit ${field} of the log leaves no room for a digest of ${DIGEST_BYTES} bytes`
    throw raise.unsupported('typedLog', reason, { field })
  }
  return Object.freeze(limits)
}

/** What the layer offers: all that the log below does, but for facets that hand out or take bytes. */
export function capabilitiesAbove(below: Capabilities): Capabilities {
  const limits = limitsAbove(below.limits)
  return Object.freeze({ ...below, borrowedReads: false, syncWrites: undefined, limits })
}
