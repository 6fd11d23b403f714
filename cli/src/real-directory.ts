import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { raise } from '@persistent-log/core'

/** A directory on a real file system to make logs in: the one asked for, or the temporary directory. */
export async function realDirectory(
  asked: string | undefined,
  typeOf?: (directory: string) => Promise<number>,
): Promise<string> {
  const { fileSystemType, whyNoDisk } = await import('@persistent-log/conformance')
  const directory = resolve(asked ?? tmpdir())
  let type: number
  try {
    type = await (typeOf ?? fileSystemType)(directory)
  } catch (cause) {
    throw raise.io('looking at the directory', { file: directory }, { cause })
  }
  const message = whyNoDisk(directory, type)
  if (message === undefined) return directory
  throw raise.invalidConfig([{ path: '--directory', message, value: directory }])
}
