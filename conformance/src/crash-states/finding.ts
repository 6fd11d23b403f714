import type { PersistentLog } from '@persistent-log/core'
import { reasonOf } from '../running/reason.js'
import { openLogUnderTest, type OpenConfig } from '../running/target.js'
import type { Bench } from './messages.js'

/** What a log did that it must not do. */
export class Finding extends Error {
  override readonly name = 'Finding'
}

/** Opens the log; that it cannot be opened after a crash is a finding. */
export async function openAfterCrash(
  { order }: Bench,
  when: string,
  also: Pick<OpenConfig, 'acceptLostVotes'> = {},
): Promise<PersistentLog> {
  try {
    return await openLogUnderTest({ ...order, config: { ...order.config, ...also } })
  } catch (error) {
    throw new Finding(`it does not open ${when}: ${reasonOf(error)}`)
  }
}
