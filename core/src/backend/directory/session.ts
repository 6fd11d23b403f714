import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { raise } from '../../errors/index.js'
import { bootId } from './boot-id.js'
import { publishFile, removeDurably } from './publish-file.js'

/** The name of the file that exists while an open log may be changed: its presence at open tells an unclean end. */
export const SESSION_FILE = 'plog.open'

/** How the last owner left the log. */
export interface LastSession {
  readonly cleanClose: boolean
  /** False when the machine has restarted since something was written that no clean close covers. */
  readonly sameBoot: boolean
}

/**
 * The boots since the last clean close are remembered, not only the last one: a log that is opened after a restart and
 * killed must still know about the restart.
 */
interface SessionRecord {
  readonly boots: readonly string[]
}

/**
 * Reads how the last owner ended, and notes durably that the log may be changed from here on. Where it `keepsClose`, a clean
 * close still counts until `claimSession`: whoever opens the log next judges it by that, and nothing is noted.
 */
export async function beginSession(path: string, keepsClose: boolean): Promise<LastSession> {
  const file = join(path, SESSION_FILE)
  const last = await readSession(file)
  const boot = bootId()
  const cleanClose = last === undefined
  if (!cleanClose || !keepsClose) await writeSession(file, [...new Set([...(last?.boots ?? []), boot])])
  return { cleanClose, sameBoot: last?.boots.every((each) => each === boot) ?? true }
}

/** Notes durably that the log may be changed from here on, and that only this boot counts for that. */
export async function claimSession(path: string): Promise<void> {
  await writeSession(join(path, SESSION_FILE), [bootId()])
}

/** Notes durably that the log was closed and nothing was left behind. */
export async function endSession(path: string): Promise<void> {
  await removeDurably(join(path, SESSION_FILE))
}

const writeSession = (file: string, boots: readonly string[]): Promise<void> =>
  publishFile(file, Buffer.from(`${JSON.stringify({ boots } satisfies SessionRecord)}\n`))

/** A boot that no machine has: a session file that cannot be read counts as one of another boot. */
const UNREADABLE: SessionRecord = { boots: ['unreadable'] }

async function readSession(file: string): Promise<SessionRecord | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw raise.io('read', { file }, { cause })
  }
  try {
    const { boots } = JSON.parse(text) as Partial<Record<keyof SessionRecord, unknown>>
    const isList = Array.isArray(boots) && boots.length > 0 && boots.every((boot) => typeof boot === 'string')
    return isList ? { boots } : UNREADABLE
  } catch {
    return UNREADABLE
  }
}
