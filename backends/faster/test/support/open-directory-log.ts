import { raise, type OpenContext, type PersistentLog } from '@persistent-log/core/backend'
import { backend } from '../../src/index.js'
import type { FasterOptions } from '../../src/options.js'

type ContextOfTest = Pick<OpenContext, 'recovery' | 'acceptLostVotes' | 'durability' | 'poisonViews'>

/** Opens a log in a directory, strictly unless told otherwise. */
export function openDirectoryLog(
  directory: string,
  about: Partial<FasterOptions> & Partial<ContextOfTest> = {},
): Promise<PersistentLog> {
  const {
    recovery = 'strict',
    acceptLostVotes = false,
    poisonViews = false,
    durability = {},
    ...given
  } = about
  const parsed = backend.options.safeParse(given)
  if (!parsed.success) throw raise.invalidConfig([{ path: 'options', message: 'wrong' }])
  return backend.open({
    ...{ directory, recovery, acceptLostVotes, poisonViews, options: parsed.data },
    firstSlot: 0,
    durability,
    fullWaitMs: 1000,
    limits: {},
  })
}
