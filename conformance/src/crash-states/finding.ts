import type { PersistentLog } from '@persistent-log/core'
import { openLogUnderTest, type OpenConfig } from '../running/target.js'
import type { Bench } from './messages.js'

/** What a log did that it must not do. */
export class Finding extends Error {
  override readonly name = 'Finding'
}

/** What an error says. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

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
