import type { Damage } from '../../../contract/reports.js'
import { isPersistentLogError } from '../../../errors/index.js'
import type { CheckpointContents } from '../checkpoint-health.js'

/** Reads every part once, however many checkpoints name it. */
export async function verifyParts(
  { parts, descriptors }: Pick<CheckpointContents, 'parts' | 'descriptors'>,
  signal: AbortSignal | undefined,
): Promise<{ readonly bytes: number; readonly damaged: readonly Damage[] }> {
  const damaged: Damage[] = []
  let bytes = 0
  for (const part of new Set([...descriptors.parts(), ...parts.table.received()])) {
    // A prune came before its turn.
    if (part.owners === 0) continue
    try {
      for await (const chunk of parts.readOwned(part)) {
        signal?.throwIfAborted()
        bytes += chunk.byteLength
      }
    } catch (error) {
      if (!isPersistentLogError(error, 'PLOG_CORRUPTED')) throw error
      const { file, offset } = error.context
      damaged.push({ reason: `a part of a checkpoint is damaged: ${error.message}`, file, offset })
    }
  }
  return { bytes, damaged }
}
