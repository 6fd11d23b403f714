import { mkdtemp, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { raise } from '@persistent-log/core'

/** What names the directory: the option, or for the temporary directory the variable that chooses it. */
const fieldOf = (asked: string | undefined): string => (asked === undefined ? 'TMPDIR' : '--directory')

/** A directory that logs can be made in, which is tried out: the one asked for, or the temporary directory. */
export async function usableDirectory(asked: string | undefined): Promise<string> {
  const directory = resolve(asked ?? tmpdir())
  try {
    await rmdir(await mkdtemp(join(directory, 'plog-')))
    return directory
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `must be a directory that logs can be made in, got ${JSON.stringify(asked ?? directory)}: ${reason}`
    throw raise.invalidConfig([{ path: fieldOf(asked), message, value: directory }], { cause })
  }
}

/** The same on a real file system, where a flush proves something. */
export async function realDirectory(
  asked: string | undefined,
  typeOf?: (directory: string) => Promise<number>,
): Promise<string> {
  const { fileSystemType, whyNoDisk } = await import('@persistent-log/conformance')
  const directory = await usableDirectory(asked)
  const message = whyNoDisk(directory, await (typeOf ?? fileSystemType)(directory))
  if (message === undefined) return directory
  throw raise.invalidConfig([{ path: fieldOf(asked), message, value: directory }])
}
