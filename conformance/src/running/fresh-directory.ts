import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { raise } from '@persistent-log/core'
import { folderPrefix, keepTrackOf, loseTrackOf } from './run-folders.js'

async function freshDirectory(parent: string | undefined): Promise<string> {
  const file = parent ?? tmpdir()
  try {
    return await mkdtemp(join(file, folderPrefix()))
  } catch (cause) {
    const [field, whose] =
      parent === undefined ? ['TMPDIR', 'the temporary directory (TMPDIR)'] : ['directory', 'the directory']
    throw raise.io(`making a directory in ${whose} ${file}`, { field, file }, { cause })
  }
}

/** Makes a fresh directory, hands it over, and removes it, whatever happens. */
export async function inFreshDirectory<T>(
  parent: string | undefined,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = await freshDirectory(parent)
  keepTrackOf(directory)
  const remove = async (): Promise<void> => {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 })
    loseTrackOf(directory)
  }
  let result: T
  try {
    result = await use(directory)
  } catch (error) {
    // What was found counts, and not that something which hangs still writes there.
    await remove().catch(() => undefined)
    throw error
  }
  await remove()
  return result
}
