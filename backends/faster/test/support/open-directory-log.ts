import { raise, type PersistentLog } from '@persistent-log/core/backend'
import { backend } from '../../src/index.js'
import type { FasterOptions } from '../../src/options.js'

/** Opens a log in a directory, strictly unless told otherwise. */
export function openDirectoryLog(
  directory: string,
  about: Partial<FasterOptions> & { recovery?: 'strict' | 'salvage'; acceptLostVotes?: boolean } = {},
): Promise<PersistentLog> {
  const { recovery = 'strict', acceptLostVotes = false, ...given } = about
  const parsed = backend.options.safeParse(given)
  if (!parsed.success) throw raise.invalidConfig([{ path: 'options', message: 'wrong' }])
  return backend.open({
    ...{ directory, recovery, acceptLostVotes, options: parsed.data },
    firstSlot: 0,
    durability: {},
    fullWaitMs: 1000,
    limits: {},
  })
}
