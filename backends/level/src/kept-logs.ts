import { copyFile, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { raise, syncDirectory } from '@persistent-log/core/backend'
import { logsIn } from './record-log.js'

/** Inside LevelDB's directory, which leaves names alone that it does not know. */
const KEPT = 'replaying'
/** What is left of `KEPT` once it is not needed any more: one rename takes all logs at once. */
const DONE = 'replayed'

/** What a file system without hard links answers. */
const NO_LINKS: readonly unknown[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV']

/**
 * Gives the logs that LevelDB is about to replay, and to remove then, a second name; durable when this resolves. An open
 * that ended before it knew that nothing was missing has left some already: they stay, and are older. Returns the paths of
 * all of them, oldest first: none when there is nothing to replay.
 */
export async function keepLogs(enginePath: string, logs: readonly string[]): Promise<string[]> {
  const kept = join(enginePath, KEPT)
  try {
    await rm(join(enginePath, DONE), { recursive: true, force: true })
    const before = await namesIn(kept)
    const filled: string[] = []
    for (const name of logs) if ((await stat(join(enginePath, name))).size > 0) filled.push(name)
    const missing = filled.filter((name) => !before.includes(name))
    if (missing.length > 0) {
      await mkdir(kept, { recursive: true })
      for (const name of missing) await keep(join(enginePath, name), join(kept, name))
      await syncDirectory(kept)
      await syncDirectory(enginePath)
    }
    return logsIn([...before, ...missing]).map((name) => join(kept, name))
  } catch (cause) {
    throw raise.io('open', { file: kept }, { cause })
  }
}

/** Forgets the logs, all at once: with some of them gone, the others would bring back what these had replaced. */
export async function forgetLogs(enginePath: string): Promise<void> {
  try {
    await rename(join(enginePath, KEPT), join(enginePath, DONE))
    await syncDirectory(enginePath)
    await rm(join(enginePath, DONE), { recursive: true })
  } catch (cause) {
    throw raise.io('open', { file: join(enginePath, KEPT) }, { cause })
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return logsIn(await readdir(directory))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

async function keep(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if (!NO_LINKS.includes((error as NodeJS.ErrnoException).code)) throw error
    // A copy that a crash cuts short must not be taken for the whole.
    const part = `${to}.part`
    await copyFile(from, part)
    const file = await open(part, 'r+')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(part, to)
  }
}
