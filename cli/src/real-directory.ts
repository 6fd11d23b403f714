import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { raise } from '@persistent-log/core'

/** File systems without a disk (statfs(2), Linux): a flush there costs nothing and proves nothing. */
const WITHOUT_DISK: ReadonlyMap<number, string> = new Map([
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
])

/** The name of a file system that lives in memory, by the type that statfs tells; `undefined` for any other. */
export function memoryFileSystem(type: number): string | undefined {
  return WITHOUT_DISK.get(type >>> 0)
}

/** A directory on a real file system to make logs in: the one asked for, or the temporary directory. */
export async function realDirectory(asked: string | undefined, typeOf = typeOfFileSystem): Promise<string> {
  const directory = resolve(asked ?? tmpdir())
  let type: number
  try {
    type = await typeOf(directory)
  } catch (cause) {
    throw raise.io('looking at the directory', { file: directory }, { cause })
  }
  const name = memoryFileSystem(type)
  if (name === undefined) return directory
  const message = `${directory} is on ${name}, where a flush proves nothing; choose a directory on a disk`
  throw raise.invalidConfig([{ path: '--directory', message, value: directory }])
}

const typeOfFileSystem = async (directory: string): Promise<number> => (await statfs(directory)).type
