import { createHash } from 'node:crypto'
import { isPersistentLogError, type Damage } from '@persistent-log/core'
import type { EngineVerification, StoredCheckpoint } from '@persistent-log/core/backend'
import type { ToyBlobs } from './toy-blobs.js'
import type { ToyState } from './toy-state.js'

/** Every line was read at open, and the log knows which slots were lost then; the content of checkpoints is read now. */
export async function verifyToy(
  { ledger, entries }: ToyState,
  blobs: ToyBlobs,
  bytesOfLines: number,
): Promise<EngineVerification> {
  const damaged: Damage[] = []
  let bytes = bytesOfLines
  for (const one of ledger.checkpoints) {
    if (one.parts !== undefined) continue
    bytes += one.bytes
    if (!(await isIntact(one, blobs)))
      damaged.push({ reason: `the checkpoint at slot ${one.slot} is not what was stored` })
  }
  return { slots: entries.size, bytes, damaged }
}

async function isIntact({ blob, digest }: StoredCheckpoint, blobs: ToyBlobs): Promise<boolean> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of blobs.read(blob)) hash.update(chunk)
  } catch (error) {
    if (isPersistentLogError(error, 'PLOG_CORRUPTED')) return false
    throw error
  }
  return hash.digest('hex') === digest
}
